"""The console's one stylesheet. Colours keep a contrast of 4.5 : 1 and more, in light and in dark."""

SHEET = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #57606a; --line: #d0d7de; --band: #f6f8fa;
  --link: #0550ae; --act: #0550ae; --on-act: #ffffff; --warn: #953800; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1; --line: #30363d;
  --band: #161b22; --link: #79b8ff; --act: #79b8ff; --on-act: #0d1117; --warn: #ffa657; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header { background: var(--band); border-bottom: 1px solid var(--line); padding: .75rem 1.5rem; }
header p { margin: 0; color: var(--soft); font-size: .875rem; }
header strong { color: var(--ink); font-size: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .5rem 0 0; padding: 0; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; border-bottom: 3px solid var(--act); }
main { max-width: 76rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.6rem; margin: .5rem 0 1rem; }
h2, caption { font-size: 1.1rem; font-weight: 600; text-align: left; margin: 0; padding: 1.25rem 0 .5rem; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, .wide:focus-visible {
  outline: 3px solid var(--act); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 50%; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
td { overflow-wrap: anywhere; max-width: 40rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.none, .soft { color: var(--soft); }
.warn { color: var(--warn); font-weight: 600; }
form { margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: 6px; max-width: 34rem; }
form p { margin: 0 0 .75rem; display: grid; grid-template-columns: 11rem 1fr; align-items: center; gap: .5rem; }
input, select, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft);
  border-radius: 4px; padding: .35rem .6rem; }
button { background: var(--act); color: var(--on-act); border-color: var(--act); cursor: pointer; }
@media (max-width: 36rem) { form p { grid-template-columns: 1fr; } main, header { padding-inline: 1rem; } }
"""
