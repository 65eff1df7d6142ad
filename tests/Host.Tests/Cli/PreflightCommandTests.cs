using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Host.Cli;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Cli;

public sealed class PreflightCommandTests : IDisposable
{
    private const int Limit = 120_000;

    private static readonly string[] _scripts = ["package.json", "package-lock.json", "check.js"];

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-cli-").FullName;

    [Fact(Timeout = Limit)]
    public async Task An_estate_with_trouble_ends_with_2_and_one_without_with_0()
    {
        var config = Config(oddities: 0.5);
        var (all, output, error) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", config);
        Assert.Equal((2, ""), (all, error));
        Assert.Contains("✖ blocked", output, StringComparison.Ordinal);
        Assert.Contains("error: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);

        var (calm, ready, _) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", Config(oddities: 0), "--vm", "*-001", "*-002");
        Assert.Equal(0, calm);
        Assert.EndsWith("2 VMs: 2 ready, 0 need attention, 0 blocked", ready.TrimEnd().Split(" · ")[0].Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task One_VM_is_told_with_its_steps_and_what_the_estimate_rests_on()
    {
        var (exit, output, _) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", Config(machines: "{ name: web, disks: [1GiB] }"), "--vm", "web");
        Assert.Equal(0, exit);
        Assert.StartsWith("✔ web: cold dc1 → dc2", output, StringComparison.Ordinal);
        Assert.Contains("5. copy disks: vda", output, StringComparison.Ordinal);
        Assert.Contains("assumed: no run between these sites has been recorded yet", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task All_faults_of_further_inputs_are_told_at_once()
    {
        var more = Write("more.yaml", "cutover: { maxDowntime: never, window: soon }\n");
        var (exit, _, error) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", Config(machines: "{ name: web, disks: [1GiB] }"), "--vm", "web", "--with", more);
        Assert.Equal(1, exit);
        Assert.Contains("cutover.maxDowntime: ", error, StringComparison.Ordinal);
        Assert.Contains("cutover.window: ", error, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task While_no_run_is_recorded_a_declared_link_is_what_the_estimate_rests_on()
    {
        var more = Write("more.yaml", "facts: { link.rate: 10 MiB/s }\n");
        var (_, output, _) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", Config(machines: "{ name: web, disks: [1GiB] }"), "--vm", "web", "--with", more);
        Assert.Contains("declared: 10 MiB/s between these sites", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("There is no config", "preflight", "--site", "dc1", "--to", "dc2")]
    [InlineData("no site \"dc9\".", "preflight", "--site", "dc9", "--to", "dc2", "--config", "CONFIG")]
    [InlineData("No VM at site \"dc1\" fits \"wep-*\".", "preflight", "--site", "dc1", "--to", "dc2", "--config", "CONFIG", "--vm", "wep-*")]
    [InlineData("target.site", "preflight", "--site", "dc1", "--to", "dc9", "--config", "CONFIG")]
    [InlineData("--network wants from=to", "preflight", "--site", "dc1", "--to", "dc2", "--config", "CONFIG", "--network", "a")]
    [InlineData("missing.yaml cannot be read", "preflight", "--site", "dc1", "--to", "dc2", "--config", "CONFIG", "--with", "missing.yaml")]
    public async Task What_the_user_got_wrong_ends_with_1_and_a_sentence(string says, params string[] args)
    {
        var config = Config();
        var (exit, output, error) = await RunAsync([.. args.Select(arg => arg == "CONFIG" ? config : arg)]);
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_narrow_terminal_gets_fewer_columns_and_no_line_wider_than_it()
    {
        var report = await ReadAsync();
        using var text = new StringWriter();
        ReportTable.Write(report, Terminal.Plain(text, 60));
        Assert.All(text.ToString().Split('\n'), line => Assert.True(line.Length <= 60, line));
    }

    [Fact(Timeout = Limit)]
    public async Task More_inputs_come_from_a_file_and_options_go_before_it()
    {
        var more = Write("more.yaml", "goal: Validated\ntarget: { storagePool: nowhere, host: big }\nshutdown: { timeout: 5m }\n");
        var (exit, output, _) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", Config(), "--vm", "web-*", "--with", more, "--goal", "CutOver", "--format", "json");
        Assert.Equal(2, exit);
        var vm = JsonDocument.Parse(output).RootElement.GetProperty("vms")[0];
        Assert.Equal("CutOver", vm.GetProperty("goal").GetString());
        Assert.Contains(vm.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("id").GetString() == "map.storage.exists");
        Assert.Contains("up to 5 min", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Json_keeps_to_its_schema_and_adds_up()
    {
        var file = await ReportAsync("json");
        await CheckAsync("json", file, Repository.At("docs/preflight-report.schema.json"));
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        var summary = document.RootElement.GetProperty("summary");
        Assert.Equal(20, summary.GetProperty("vms").GetInt32());
        Assert.Equal(20, new[] { "ready", "needsAttention", "blocked" }.Sum(name => summary.GetProperty(name).GetInt32()));
        foreach (var vm in document.RootElement.GetProperty("vms").EnumerateArray().Where(vm => vm.TryGetProperty("estimate", out _)))
        {
            var estimate = vm.GetProperty("estimate");
            var steps = estimate.GetProperty("steps").EnumerateArray().ToList();
            Assert.Equal(estimate.GetProperty("seconds").GetDouble(), steps.Sum(step => step.GetProperty("seconds").GetDouble()), 0.2);
            Assert.Equal(estimate.GetProperty("bytes").GetDouble(), estimate.GetProperty("disks").EnumerateArray().Sum(disk => disk.GetProperty("bytes").GetDouble()));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Sarif_keeps_to_the_schema_of_2_1_0() => await CheckAsync("sarif", await ReportAsync("sarif"));

    [Fact(Timeout = Limit)]
    public async Task JUnit_has_one_case_for_each_VM_and_a_failure_for_each_that_is_blocked()
    {
        var root = XDocument.Parse(await File.ReadAllTextAsync(await ReportAsync("junit"), TestContext.Current.CancellationToken)).Root!;
        Assert.Equal("testsuites", root.Name.LocalName);
        var cases = root.Descendants("testcase").ToList();
        Assert.Equal(20, cases.Count);
        Assert.Equal(int.Parse(root.Attribute("failures")!.Value, CultureInfo.InvariantCulture), cases.Count(one => one.Element("failure") is not null));
        Assert.Contains(cases, one => one.Element("failure") is not null);
        Assert.Contains(cases, one => one.Element("failure") is null);
    }

    [Fact(Timeout = Limit)]
    public async Task Html_is_one_file_that_a_screen_reader_can_read()
    {
        var file = await ReportAsync("html");
        var page = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("@media print", page, StringComparison.Ordinal);
        var browser = new[] { "chromium", "google-chrome" }.Select(name => Path.Combine("/usr/bin", name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "There is no chromium, so the page cannot be looked at.");
        await CheckAsync("html", file, browser!);
    }

    [Fact(Timeout = Limit)]
    public async Task A_VM_with_a_hostile_name_harms_no_format()
    {
        var config = Config(machines: "{ name: \"<script>alert(1)</script>&\\\"x\\e[31m\", disks: [1MiB], firmware: Uefi }");
        foreach (var format in new[] { "table", "json", "sarif", "junit", "html" })
        {
            var (exit, output, error) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", config, "--vm", "<script>*", "--format", format);
            Assert.True(exit == 2, error);
            Assert.DoesNotContain('\e', output);
            Assert.False(format == "html" && output.Contains("<script", StringComparison.Ordinal));
            Assert.NotNull(format switch { "json" or "sarif" => JsonDocument.Parse(output), "junit" => XDocument.Parse(output), _ => (object)output });
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task CheckAsync(params string[] args)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var folder = await NodeFolder.InstallAsync("report-node", _scripts, cancellation);
        var run = await CliWrap.Cli.Wrap("node").WithArguments(["check.js", .. args]).WithWorkingDirectory(folder).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellation);
        Assert.True(run.ExitCode == 0, run.StandardOutput + run.StandardError);
    }

    private async Task<string> ReportAsync(string format)
    {
        var file = Path.Combine(_folder, "report." + format);
        var (exit, output, _) = await RunAsync("preflight", "--site", "dc1", "--to", "dc2", "--config", Config(oddities: 0.5), "--format", format, "--out", file);
        Assert.Equal((2, ""), (exit, output));
        return file;
    }

    private async Task<Engine.Reports.PreflightReport> ReadAsync()
    {
        var (provider, redactor) = SitesOption.Open(Config(oddities: 0.5), TextWriter.Null, TimeProvider.System);
        await using (provider)
        {
            return await PreflightCommand.RunAsync(
                provider, "dc1", [], Engine.Values.Value.Map(("target", Engine.Values.Value.Map(("site", Engine.Values.Value.Text("dc2"))))), redactor, TextWriter.Null, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Two sites of a world that no other test knows.</summary>
    private string Config(double oddities = 0, string machines = "") => Write("config.yaml", $$"""
        sites:
          dc1: { simulator: { world: "{{_folder}}-{{oddities.ToString(CultureInfo.InvariantCulture)}}{{machines.Length}}", vms: 20, seed: 7, oddities: {{oddities.ToString(CultureInfo.InvariantCulture)}}, machines: [{{machines}}] } }
          dc2: { simulator: { world: "{{_folder}}-{{oddities.ToString(CultureInfo.InvariantCulture)}}{{machines.Length}}", hosts: [{ name: big, cpus: 4096, memory: 64TiB }] } }
        """);

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await CommandLine.RunAsync(args, output, error, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }
}
