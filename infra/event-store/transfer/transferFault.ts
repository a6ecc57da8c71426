/** What stops a transfer, in words for whoever started it. */
export class TransferFault extends Error {}
