using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>What the schema cannot say of probes. Unknown members are left alone.</summary>
internal static class ProbeRules
{
    internal static IEnumerable<Finding> Check(Value probes, SshKeys keys)
    {
        for (var i = 0; i < (probes.AsList?.Items.Length ?? 0); i++)
        {
            foreach (var finding in Check(probes.AsList!.Items[i], PropertyPath.Of("verify.probes").Item(i), keys))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<Finding> Check(Value probe, PropertyPath at, SshKeys keys)
    {
        foreach (var kind in new[] { "tcp", "ssh" })
        {
            if (probe[kind]["port"].AsNumber is { } port and (< 1 or > 65535))
            {
                yield return Out(at.Child(kind).Child("port"), $"{port} is no TCP port. Ports go from 1 to 65535.");
            }
        }

        if (probe["successes"].AsNumber is { } successes and (< 1 or > 1000))
        {
            yield return Out(at.Child("successes"), $"{successes} is no number of successes. It goes from 1 to 1000.");
        }

        if (probe["failures"].AsNumber is { } failures and (< 0 or > 100_000))
        {
            yield return Out(at.Child("failures"), $"{failures} is no number of failures. It goes from 0, where only the timeout counts, to 100000.");
        }

        if (probe["http"]["status"].AsNumber is { } status and (< 100 or > 599))
        {
            yield return Out(at.Child("http").Child("status"), $"{status} is no HTTP status. They go from 100 to 599.");
        }

        if (probe["http"]["url"].AsText is { } url
            && !(Uri.TryCreate(url.Replace(HttpProbe.Guest, "guest", StringComparison.Ordinal), UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
        {
            yield return Finding.Error("input.malformed", at.Child("http").Child("url"), $"\"{url}\" is no URL of HTTP. It is such as \"http://{HttpProbe.Guest}:8080/health\".");
        }

        foreach (var finding in CheckKey(probe["ssh"], at.Child("ssh"), keys))
        {
            yield return finding;
        }
    }

    /// <summary>Hooks of a <c>replatform</c> log in as SSH probes do.</summary>
    internal static IEnumerable<Finding> CheckHooks(Value hooks, SshKeys keys)
    {
        for (var i = 0; i < (hooks.AsList?.Items.Length ?? 0); i++)
        {
            var (hook, at) = (hooks.AsList!.Items[i], PropertyPath.Of("replatform.hooks").Item(i));
            if (hook["port"].AsNumber is { } port and (< 1 or > 65535))
            {
                yield return Out(at.Child("port"), $"{port} is no TCP port. Ports go from 1 to 65535.");
            }

            foreach (var finding in CheckKey(hook, at, keys))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<Finding> CheckKey(Value ssh, PropertyPath at, SshKeys keys)
    {
        if (ssh["key"].AsText is not { } key)
        {
            yield break;
        }

        if (ssh["keyFile"].AsText is not null)
        {
            yield return Finding.Error("input.exclusive", at.Child("key"), "Set one of key and keyFile, not both.");
        }

        if (keys.Find(key) is null)
        {
            yield return Finding.Error(
                "input.unknown-key", at.Child("key"),
                $"The provider's config has no SSH key \"{key}\".{NearestName.Question(key, keys.Names)} Add it under sshKeys, or set keyFile.");
        }
    }

    private static Finding Out(PropertyPath at, string message) => Finding.Error("input.out-of-range", at, message);
}
