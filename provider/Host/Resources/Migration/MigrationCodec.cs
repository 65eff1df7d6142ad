using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>Checked inputs to what the engine works with. Inputs hold no unknown here.</summary>
internal static class MigrationCodec
{
    /// <summary>Each point that an image carries makes opening it a little slower.</summary>
    internal const int MostPoints = 100;

    internal static MigrationSpec Read(MapValue inputs, string owner)
    {
        var (vm, target) = (inputs["vm"], inputs["target"]);
        return new MigrationSpec
        {
            Vm = ReadVm(inputs) ?? throw new InvalidOperationException("vm has not been checked"),
            Target = new TargetSpec(
                target["site"].AsText!,
                target["host"].AsText,
                target["storagePool"].AsText,
                (target["networks"].AsMap?.Entries ?? Value.EmptyMap.Entries).ToImmutableDictionary(entry => entry.Key, entry => entry.Value.AsText!, StringComparer.Ordinal),
                target["name"].AsText)
            {
                Platforms = PlatformTable.TargetFields.Where(field => target[field.Name].AsMap is not null).ToImmutableDictionary(field => field.Name, field => target[field.Name].AsMap!),
            },
            Mode = Word(inputs["mode"], MigrationMode.Cold),
            Goal = Word(inputs["goal"], MigrationGoal.CutOver),
            Cutover = new CutoverSpec
            {
                MaxDowntime = Time(inputs["cutover"]["maxDowntime"], new CutoverSpec().MaxDowntime),
                OnNoConvergence = Word(inputs["cutover"]["onNoConvergence"], NoConvergence.Fail),
                Window = inputs["cutover"]["window"].AsText is { } window ? CutoverWindow.Parse(window) : null,
                Stop = Word(inputs["cutover"]["stop"], CutoverStop.Shutdown),
                Quiesce = inputs["cutover"]["quiesce"].AsBool ?? true,
                MaxRounds = (int)Math.Clamp(inputs["cutover"]["maxRounds"].AsNumber ?? 20, 1, 1000),
            },
            ShutdownTimeout = Time(inputs["shutdown"]["timeout"], TimeSpan.FromMinutes(2)),
            ForceShutdown = inputs["shutdown"]["force"].AsBool ?? false,
            RestartForDrift = inputs["shutdown"]["forDrift"].AsBool ?? false,
            Digest = Word(inputs["verify"]["digest"], DigestAlgorithm.XxHash128),
            InspectGuest = Word(inputs["verify"]["inspectGuest"], GuestInspection.Off),
            Probes = ReadProbes(inputs["verify"]["probes"]),
            Conversion = Word(inputs["conversion"], Conversion.Never),
            Replatform = ReadReplatform(inputs["replatform"]),
            Rollback = Word(inputs["rollback"]["changes"], RollbackChanges.BringBack),
            KeepPoints = (int)Math.Clamp(inputs["rollback"]["keep"].AsNumber ?? 5, 0, MostPoints),
            RollbackTo = inputs["rollback"]["to"].AsText,
            OnDrift = Word(inputs["onDrift"], DriftResponse.Return),
            CommitSource = Word(inputs["commit"]["source"], SourceAfterCommit.Remove),
            Owner = owner,
            Facts = DeclaredFacts.Read(FactTexts(inputs), PropertyPath.Of("facts")).Facts,
            Policy = PolicyType.Read(inputs["policy"]),
            Waivers = [.. (inputs["waive"].AsList?.Items ?? []).Select(ReadWaiver).OfType<Waiver>()],
        };
    }

    internal static IEnumerable<KeyValuePair<string, string>> FactTexts(MapValue inputs) =>
        (inputs["facts"].AsMap?.Entries ?? Value.EmptyMap.Entries).Where(entry => entry.Value.AsText is not null)
            .OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, entry.Value.AsText!));

    /// <summary>Null where its day is none; <c>Check</c> has said so.</summary>
    internal static Waiver? ReadWaiver(Value waiver) =>
        waiver["code"].AsText is { } code && waiver["reason"].AsText is { } reason
        && DateOnly.TryParseExact(waiver["until"].AsText, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var until)
            ? new Waiver(code, waiver["subject"].AsText, reason, until, waiver["by"].AsText)
            : null;

    /// <summary>Which VM, or null while a part of that is unknown or missing.</summary>
    internal static VmReference? ReadVm(MapValue inputs)
    {
        var vm = inputs["vm"];
        return vm["site"].AsText is { } site && !vm["name"].IsUnknown && !vm["id"].IsUnknown && (vm["name"].AsText ?? vm["id"].AsText) is not null
            ? new VmReference(site, vm["name"].AsText, vm["id"].AsText)
            : null;
    }

    internal static Remembered? ReadState(MapValue? state) =>
        state is not null && Enum.TryParse<MigrationPhase>(state["phase"].AsText, out var phase)
            ? new Remembered(phase, state["placement"]["site"].AsText, state["placement"]["vmId"].AsText) { Recorded = RecordedCodec.Read(state["recorded"]) }
            : null;

    internal static TimeSpan? Limit(MapValue inputs, string which) =>
        inputs["timeouts"][which].AsText is { } text ? Quantity.Duration(text) : null;

    private static ImmutableArray<ProbeSpec> ReadProbes(Value probes)
    {
        if (probes.AsList is not { Items.IsEmpty: false } list)
        {
            return new MigrationSpec { Vm = new("", "", null), Target = new("", null, null, ImmutableDictionary<string, string>.Empty, null) }.Probes;
        }

        return [.. list.Items.Select(ReadProbe)];
    }

    private static ProbeSpec ReadProbe(Value probe)
    {
        var timeout = Time(probe["timeout"], TimeSpan.FromMinutes(5));
        var interval = Time(probe["interval"], TimeSpan.FromSeconds(1));
        var (tcp, console, http, ssh) = (probe["tcp"], probe["console"], probe["http"], probe["ssh"]);
        var spec = tcp.AsMap is not null
            ? new ProbeSpec(ProbeKind.Tcp, timeout, interval, tcp["host"].AsText, (int)(tcp["port"].AsNumber ?? 0))
            : console.AsMap is not null
                ? new ProbeSpec(ProbeKind.Console, timeout, interval, Contains: console["contains"].AsText)
                : http.AsMap is not null
                    ? new ProbeSpec(ProbeKind.Http, timeout, interval, Contains: http["contains"].AsText)
                    {
                        Http = new HttpProbe(
                            http["url"].AsText!, (int)(http["status"].AsNumber ?? 200), http["maxLatency"].AsText is { } most ? Quantity.Duration(most) : null,
                            http["verifyCertificate"].AsBool ?? true),
                    }
                    : ssh.AsMap is not null
                        ? ReadSsh(ssh, timeout, interval)
                        : new ProbeSpec(ProbeKind.GuestAgent, timeout, interval);
        return spec with { Successes = (int)(probe["successes"].AsNumber ?? 1), Failures = (int)(probe["failures"].AsNumber ?? 0) };
    }

    private static ReplatformSpec? ReadReplatform(Value replatform) => replatform.AsMap is null ? null : new(
        replatform["image"].AsText!,
        [.. (replatform["dataDisks"].AsList?.Items ?? []).Select(disk => new DataDisk(disk["disk"].AsText!, disk["device"].AsText!))],
        [.. (replatform["hooks"].AsList?.Items ?? []).Select(hook => ReadSsh(hook, Time(hook["timeout"], TimeSpan.FromMinutes(5)), TimeSpan.FromSeconds(1)))]);

    private static ProbeSpec ReadSsh(Value ssh, TimeSpan timeout, TimeSpan interval) =>
        new(ProbeKind.Ssh, timeout, interval, ssh["host"].AsText, (int)(ssh["port"].AsNumber ?? 22), ssh["contains"].AsText)
        {
            Ssh = new SshProbe(ssh["user"].AsText!, ssh["command"].AsText!, ssh["keyFile"].AsText, ssh["key"].AsText, ssh["hostKey"].AsText),
        };

    private static TimeSpan Time(Value value, TimeSpan fallback) => value.AsText is { } text ? Quantity.Duration(text) ?? fallback : fallback;

    private static T Word<T>(Value value, T fallback)
        where T : struct, Enum => value.AsText is { } text && Enum.TryParse<T>(text, out var word) ? word : fallback;
}
