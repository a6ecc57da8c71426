;(function () {
  function wanted() {
    try {
      return localStorage.getItem('vueuse-color-scheme')
    } catch {
      return null
    }
  }
  const theme = wanted()
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light'
})()
