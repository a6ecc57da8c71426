import { z } from 'zod'

/** The content security policy forbids eval; zod would only find that out by trying, and each try is reported. */
z.config({ jitless: true })
