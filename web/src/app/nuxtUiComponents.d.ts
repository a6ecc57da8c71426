import type UAlert from '@nuxt/ui/components/Alert.vue'
import type UApp from '@nuxt/ui/components/App.vue'
import type UBadge from '@nuxt/ui/components/Badge.vue'
import type UButton from '@nuxt/ui/components/Button.vue'
import type UCheckbox from '@nuxt/ui/components/Checkbox.vue'
import type UCommandPalette from '@nuxt/ui/components/CommandPalette.vue'
import type UDropdownMenu from '@nuxt/ui/components/DropdownMenu.vue'
import type UFormField from '@nuxt/ui/components/FormField.vue'
import type UIcon from '@nuxt/ui/components/Icon.vue'
import type UInput from '@nuxt/ui/components/Input.vue'
import type UInputNumber from '@nuxt/ui/components/InputNumber.vue'
import type UInputTags from '@nuxt/ui/components/InputTags.vue'
import type UKbd from '@nuxt/ui/components/Kbd.vue'
import type UModal from '@nuxt/ui/components/Modal.vue'
import type UPopover from '@nuxt/ui/components/Popover.vue'
import type UProgress from '@nuxt/ui/components/Progress.vue'
import type URadioGroup from '@nuxt/ui/components/RadioGroup.vue'
import type USelect from '@nuxt/ui/components/Select.vue'
import type USelectMenu from '@nuxt/ui/components/SelectMenu.vue'
import type USkeleton from '@nuxt/ui/components/Skeleton.vue'
import type USlideover from '@nuxt/ui/components/Slideover.vue'
import type USwitch from '@nuxt/ui/components/Switch.vue'
import type UTextarea from '@nuxt/ui/components/Textarea.vue'

/** The components that the kit's build plugin imports by itself, for the type checker. */
declare module 'vue' {
  interface GlobalComponents {
    UAlert: typeof UAlert
    UApp: typeof UApp
    UBadge: typeof UBadge
    UButton: typeof UButton
    UCheckbox: typeof UCheckbox
    UCommandPalette: typeof UCommandPalette
    UDropdownMenu: typeof UDropdownMenu
    UFormField: typeof UFormField
    UIcon: typeof UIcon
    UInput: typeof UInput
    UInputNumber: typeof UInputNumber
    UInputTags: typeof UInputTags
    UKbd: typeof UKbd
    UModal: typeof UModal
    UPopover: typeof UPopover
    UProgress: typeof UProgress
    URadioGroup: typeof URadioGroup
    USelect: typeof USelect
    USelectMenu: typeof USelectMenu
    USkeleton: typeof USkeleton
    USlideover: typeof USlideover
    USwitch: typeof USwitch
    UTextarea: typeof UTextarea
  }
}
