/** The components that the kit's build plugin imports by itself, for the type checker. */
export {}

declare module 'vue' {
  interface GlobalComponents {
    UAlert: typeof import('@nuxt/ui/components/Alert.vue').default
    UApp: typeof import('@nuxt/ui/components/App.vue').default
    UBadge: typeof import('@nuxt/ui/components/Badge.vue').default
    UButton: typeof import('@nuxt/ui/components/Button.vue').default
    UCheckbox: typeof import('@nuxt/ui/components/Checkbox.vue').default
    UCommandPalette: typeof import('@nuxt/ui/components/CommandPalette.vue').default
    UDropdownMenu: typeof import('@nuxt/ui/components/DropdownMenu.vue').default
    UFormField: typeof import('@nuxt/ui/components/FormField.vue').default
    UIcon: typeof import('@nuxt/ui/components/Icon.vue').default
    UInput: typeof import('@nuxt/ui/components/Input.vue').default
    UInputNumber: typeof import('@nuxt/ui/components/InputNumber.vue').default
    UInputTags: typeof import('@nuxt/ui/components/InputTags.vue').default
    UKbd: typeof import('@nuxt/ui/components/Kbd.vue').default
    UModal: typeof import('@nuxt/ui/components/Modal.vue').default
    UPopover: typeof import('@nuxt/ui/components/Popover.vue').default
    UProgress: typeof import('@nuxt/ui/components/Progress.vue').default
    URadioGroup: typeof import('@nuxt/ui/components/RadioGroup.vue').default
    USelect: typeof import('@nuxt/ui/components/Select.vue').default
    USelectMenu: typeof import('@nuxt/ui/components/SelectMenu.vue').default
    USkeleton: typeof import('@nuxt/ui/components/Skeleton.vue').default
    USlideover: typeof import('@nuxt/ui/components/Slideover.vue').default
    USwitch: typeof import('@nuxt/ui/components/Switch.vue').default
    UTextarea: typeof import('@nuxt/ui/components/Textarea.vue').default
  }
}
