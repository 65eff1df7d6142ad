namespace VmMigrate.Engine.Reports;

/// <content>Colours reach 4.5 : 1 on their ground, in light, in dark and on paper.</content>
public static partial class ReportHtml
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #4d5762; --ground: #fff; --card: #f3f5f7; --line: #c9d0d7; --link: #0b57d0;
          --ok: #1a6b34; --okg: #e3f3e7; --warn: #7a4b00; --warng: #fdf0d5; --bad: #a4161a; --badg: #fde4e4; --up: #5b84b1; --down: #a4161a; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ecf0; --soft: #aab4be; --ground: #14181c; --card: #1f252b; --line: #3d4650; --link: #8ab4f8;
          --ok: #7fd69a; --okg: #17301f; --warn: #f2c266; --warng: #37290c; --bad: #ff9c9c; --badg: #3d1717; --up: #5b84b1; --down: #ff9c9c; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 75rem; padding: 1rem 1.5rem 3rem; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--ground); }
        h1 { font-size: 1.9rem; margin: .5rem 0 0; } h2 { margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); } h3 { margin: 1.6rem 0 .3rem; }
        a { color: var(--link); } a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .4rem; }
        nav ul { display: flex; flex-wrap: wrap; gap: 1.2rem; padding: 0; list-style: none; margin: .4rem 0; }
        header p, footer { color: var(--soft); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin: 0 0 1rem; }
        .card { background: var(--card); border-left: .35rem solid var(--line); border-radius: .3rem; padding: .6rem .9rem; }
        .card dt { color: var(--ink); } .card dd { margin: 0; font-size: 1.35rem; font-weight: 600; white-space: nowrap; }
        .card.ready { border-color: var(--ok); } .card.needs-attention { border-color: var(--warn); } .card.blocked { border-color: var(--bad); }
        .bar { width: 100%; height: 1.2rem; display: block; border-radius: .3rem; }
        .f-ready { fill: var(--ok); } .f-needs-attention { fill: var(--warn); } .f-blocked { fill: var(--bad); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--soft); padding: .3rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); } thead th { background: var(--card); }
        tbody th { font-weight: 600; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .v, .s { white-space: nowrap; font-weight: 600; } .v.ready { color: var(--ok); } .v.needs-attention, .s.warning { color: var(--warn); } .v.blocked, .s.error { color: var(--bad); } .s.note { color: var(--soft); }
        h3 .v { font-size: 1rem; margin-left: .6rem; }
        .findings { list-style: none; padding: 0; } .findings li { padding: .4rem .8rem; margin: .3rem 0; border-left: .3rem solid var(--line); background: var(--card); overflow-wrap: anywhere; }
        .findings .error { border-color: var(--bad); } .findings li.error { background: var(--badg); } .findings .warning { border-color: var(--warn); } .findings li.warning { background: var(--warng); }
        .steps { font-size: .92rem; } code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
        .timeline { width: 100%; height: auto; } .timeline .t { font-size: 12px; fill: var(--ink); } .grid { stroke: var(--line); } .u { fill: var(--up); } .d { fill: var(--down); } .w { stroke: var(--ink); stroke-width: 1.5; }
        .key { display: inline-block; width: 1.2em; height: .8em; } .k-up { background: var(--up); } .k-down { background: var(--down); }
        @media print {
          :root { --ink: #000; --soft: #333; --ground: #fff; --card: #fff; --line: #999; --link: #000; --ok: #0b4d20; --warn: #5c3800; --bad: #7d0d10; --okg: #fff; --warng: #fff; --badg: #fff; --up: #7d9cc0; --down: #7d0d10; }
          body { max-width: none; padding: 0; font-size: 10pt; } nav, .skip { display: none; } .scroll { overflow: visible; } a { text-decoration: none; }
          tr, li, .card { break-inside: avoid; } thead { display: table-header-group; } h2, h3 { break-after: avoid; }
          svg, .key, .card { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          @page { margin: 15mm; }
        }

        """;
}
