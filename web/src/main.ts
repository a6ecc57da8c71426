import './app/strictPolicy.ts'
import bundledIcons from '@nuxt/ui/runtime/vue/plugins/icons.js'
import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './app/App.vue'
import './app/main.css'
import { createPortalRouter } from './app/router.ts'

createApp(App)
  .use(createPinia())
  .use(PiniaColada, { queryOptions: { staleTime: 3000, refetchOnWindowFocus: true } })
  .use(createPortalRouter())
  .use(bundledIcons)
  .mount('#app')
