;(function () {
  var wanted = null
  try {
    wanted = localStorage.getItem('vueuse-color-scheme')
  } catch {
    wanted = null
  }
  var dark = wanted === 'dark' || (wanted !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light'
})()
