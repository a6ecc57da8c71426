import bundledIcons from '@nuxt/ui/runtime/vue/plugins/icons.js'
import { PiniaColada } from '@pinia/colada'
import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { defineComponent, h, type Component, type DefineComponent } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'

const names = [
  'dashboard',
  'requests',
  'new-request',
  'review',
  'notifications',
  'audit',
  'instances',
  'pods',
  'users',
]

/** Mounts a component as the portal does: with its stores, its router and its bundled icons. */
export function mountInPortal(
  component: Component,
  { props = {}, slots = {} }: { props?: Record<string, unknown>; slots?: Record<string, string> } = {},
) {
  const pinia = createPinia()
  setActivePinia(pinia)
  const blank = defineComponent(() => () => h('div'))
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      ...names.map((name) => ({ path: `/${name}`, name, component: blank })),
      { path: '/requests/:id', name: 'request', component: blank },
      { path: '/:rest(.*)*', component: blank },
    ],
  })
  return mount(component as DefineComponent, {
    props,
    slots,
    attachTo: document.body,
    global: { plugins: [pinia, PiniaColada, router, bundledIcons] },
  })
}
