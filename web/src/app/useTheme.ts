import { useColorMode } from '@vueuse/core'

/** Light, dark or as the system. Colours change at once: what fades between two themes is unreadable in between. */
export const useTheme = () =>
  useColorMode({
    // Its own way to do so is an inline style sheet, which the content security policy forbids.
    disableTransition: false,
    onChanged: (mode, change) => {
      const { classList } = document.documentElement
      classList.add('changes-theme')
      change(mode)
      // Read, so that the new colours are there before transitions are allowed again.
      void getComputedStyle(document.body).opacity
      classList.remove('changes-theme')
    },
  })
