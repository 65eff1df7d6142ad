using System.Text;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources;

/// <summary>The pages of docs/checks, written from the checks themselves: one for each group, an index, the facts and the thresholds.</summary>
internal static class CheckPages
{
    private static readonly string[] Modes = ["cold", "warm", "live"];

    /// <summary>Texts by file name.</summary>
    internal static Dictionary<string, string> Write()
    {
        var pages = CheckList.Groups.ToDictionary(group => $"{group.Key}.md", Page);
        pages["README.md"] = Index();
        pages["facts.md"] = Facts();
        pages["policy.md"] = Thresholds();
        return pages;
    }

    /// <summary>No driver of ours can be on one of its sides, so it waits for one; users of a simulator can play it.</summary>
    internal static bool Waits(Check check) => !PlatformPairs.Of(check.Pairs).CoversAny([.. PlatformTable.All.Select(platform => platform.Key)]);

    private static string Index()
    {
        var text = new StringBuilder(
            """
            # Checks

            What preview looks at before anything is changed. Written by `make generate` from the checks themselves; do not edit.

            | Weight | In a preview | Can be waived |
            |---|---|---|
            | impossible | error: nothing is started | no |
            | stops | error: nothing is started | yes |
            | warns | warning | yes |
            | tells | note | no need |

            **An unknown fact is not a pass.** A check that cannot see its facts is listed in one finding, `facts.unknown`, with the reason. It is a note and not an error, since no platform tells
            everything and a preview that always fails is switched off; `policy.unknownFacts` raises it. [Facts](facts.md) lists every fact by name: declare what no API shows under `facts`,
            such as `link: "1 Gbit/s, 3 ms"` or `"guest.bitlocker": "off"`. [Thresholds](policy.md) are set under `policy`, for one migration or in the provider's config.

            **Waivers**: `waive: [{ code: "disk.shared", subject: "disk vda", reason: "all three are off and move together", until: "2026-12-31" }]`. A waived finding is still shown, with who, why and until when. A waiver
            that is over, that nothing matches, or that is about something impossible is a finding itself: `waiver.expired`, `waiver.unused`, `waiver.refused`, `waiver.unknown-code`.

            ★ marks the core set. *Waits* marks checks whose platform no driver of ours reaches yet; they are judged in rehearsals (a simulator that `plays` that platform), and tested.


            """.ReplaceLineEndings("\n"));
        foreach (var group in CheckList.Groups)
        {
            text.Append($"\n## {group.Letter}. [{group.Title}]({group.Key}.md)\n\n| Check | Weight | What is wrong |\n|---|---|---|\n");
            foreach (var check in group.Checks)
            {
                text.Append($"| [`{check.Id}`]({group.Key}.md#{Anchor(check.Id)}){(check.Core ? " ★" : "")} | {Word(check.Weight)} | {check.Title}{(Waits(check) ? " *(waits)*" : "")} |\n");
            }
        }

        text.Append($"\n{CheckList.All.Length} checks, {CheckList.All.Count(check => check.Core)} of them core, {CheckList.All.Count(Waits)} waiting for a platform.\n");
        return text.ToString();
    }

    private static string Page(CheckGroup group)
    {
        var text = new StringBuilder($"# {group.Title}\n\nWritten by `make generate`; do not edit. [All checks](README.md)\n");
        foreach (var check in group.Checks)
        {
            text.Append($"\n## {check.Id}\n\n{Capital(check.Title)}{(check.Core ? " ★" : "")}\n\n");
            text.Append($"- **Trips when** {check.Rule.Trips}.\n");
            text.Append($"- **Weight** {Word(check.Weight)}{(check.Waivable ? "; can be waived" : check.Weight == Weight.Impossible ? "; cannot be waived" : "")}. **Modes** {string.Join(", ", Modes.Where(mode => check.Modes.Contains(char.ToUpperInvariant(mode[0]))))}. **Between** {Pairs(check.Pairs)}.{(Waits(check) ? " Waits for a driver of that platform." : "")}\n");
            text.Append($"- **Why** {check.Why}\n- **Fix** {check.Fix}\n");
            if (check.Rule.Facts.Distinct().ToList() is { Count: > 0 } facts)
            {
                text.Append($"- **Facts** {string.Join(", ", facts.Select(fact => $"[`{fact}`](facts.md#{Anchor(fact.Name)})"))}\n");
            }

            foreach (var key in check.Rule.Thresholds)
            {
                text.Append($"- **Threshold** [`{key}`](policy.md): {key.DefaultText}\n");
            }

            if (check.Rule.Elsewhere is { } where)
            {
                text.Append($"- **Judged by** {where}\n");
            }

            if (!check.Aliases.IsEmpty)
            {
                text.Append($"- **Earlier ids** {string.Join(", ", check.Aliases.Select(alias => $"`{alias}`"))}\n");
            }

            text.Append($"- **Source** {check.Source}\n");
        }

        return text.ToString();
    }

    private static string Facts()
    {
        var used = CheckList.All.SelectMany(check => check.Rule.Facts.Distinct().Select(fact => (fact, check))).ToLookup(pair => pair.fact, pair => pair.check);
        var text = new StringBuilder(
            """
            # Facts

            Written by `make generate`; do not edit. Each can be declared under `facts` of a migration, and for simulated sites under the `facts` of a VM, disk, card, host, pool, network or site.
            What a platform tells goes before what is declared. `name@vda` is about one disk, `name@52:54:00:00:00:01` about one card; facts of hosts, pools, networks and sites are about the target,
            with `source.` before them about the source. `link: "1 Gbit/s, 3 ms"` stands for `link.rate` and `link.latency`.


            """.ReplaceLineEndings("\n"));
        foreach (var scope in FactKeys.All.GroupBy(key => key.Scope))
        {
            text.Append($"\n## About the {ScopeWord(scope.Key)}\n\n| Fact | What | Told by | Such as | Checks |\n|---|---|---|---|---|\n");
            foreach (var key in scope)
            {
                text.Append($"| <a id=\"{Anchor(key.Name)}\"></a>`{key.Name}` | {key.Label} | {SourceWord(key.Source)} | `{key.Example}` | {string.Join(", ", used[key].Select(check => $"`{check.Id}`"))} |\n");
            }
        }

        return text.ToString();
    }

    private static string Thresholds()
    {
        var text = new StringBuilder("# Thresholds\n\nWritten by `make generate`; do not edit. Set them under `policy`, for one migration or for all in the provider's config.\n\n| Name | Default | What | Checks |\n|---|---|---|---|\n");
        foreach (var key in PolicyKeys.All)
        {
            text.Append($"| `{key}` | {key.DefaultText} | {key.About} | {string.Join(", ", CheckList.All.Where(check => check.Rule.Thresholds.Contains(key)).Select(check => $"`{check.Id}`"))} |\n");
        }

        return text.ToString();
    }

    private static string Word(Weight weight) => weight switch
    {
        Weight.Impossible => "impossible",
        Weight.Stops => "stops",
        Weight.Warns => "warns",
        _ => "tells",
    };

    private static string ScopeWord(FactScope scope) => scope switch
    {
        FactScope.Vm => "VM and its guest",
        FactScope.Nic => "network card",
        FactScope.Pool => "storage pool",
        FactScope.Link => "way between the sites",
        FactScope.Plan => "plan",
        _ => scope.ToString().ToLowerInvariant(),
    };

    private static string SourceWord(FactSource source) => source switch
    {
        FactSource.Platform => "the platform",
        FactSource.Agent => "the guest's agent",
        FactSource.Disks => "a look into disks",
        FactSource.Probe => "a measurement",
        FactSource.Metrics => "a history of use",
        _ => "the user",
    };

    private static string Pairs(string pairs)
    {
        var same = pairs.Contains('=', StringComparison.Ordinal);
        var parts = pairs.Split('>', '=');
        return pairs == "any > any" ? "all platforms" : $"{Words(parts[0])} and {(same ? "the same" : Words(parts[1]))}";
    }

    private static string Words(string codes) => string.Join(", ", codes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(code => code switch
    {
        "any" => "any",
        "cloud" => "clouds",
        "onprem" => "hypervisors",
        _ => PlatformPairs.Codes[code],
    }));

    private static string Anchor(string id) => new([.. id.ToLowerInvariant().Where(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')]);

    private static string Capital(string title) => title.Length == 0 ? title : $"{char.ToUpperInvariant(title[0])}{title[1..]}.";
}
