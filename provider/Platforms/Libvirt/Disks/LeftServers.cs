using System.Collections.Immutable;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>Servers of disks that a run has left on a host while it stands still, or after its machine was cut off: found by what they are and by the image that they have open, and ended.</summary>
internal static class LeftServers
{
    private const string Ended = "vmmigrate-ended ";

    /// <summary>
    /// For sh, here or at a far host. Only processes that are ours by their words: qemu-nbd on a socket in a folder of ours, or our own program as a relay. An image may have several names, so
    /// open files are compared by what they are. What belongs to accounts that we may not look into stays.
    /// </summary>
    internal static string Script(IEnumerable<string> imagePaths) =>
        $$"""
        set -- {{string.Join(' ', imagePaths.Select(SshCall.Quoted))}}
        for p in /proc/[0-9]*; do
          c=$(tr '\0' ' ' <"$p/cmdline" 2>/dev/null) || continue
          case $c in *qemu-nbd*--socket=*/vmmigrate*/s/nbd.sock*|*vmmigrate*" relay "*) ;; *) continue ;; esac
          for o in "$p"/fd/*; do
            for i; do
              if [ "$o" -ef "$i" ] && kill -9 "${p#/proc/}" 2>/dev/null; then
                n=0
                while [ "$o" -ef "$i" ] && [ $n -lt 250 ]; do n=$((n+1)); sleep 0.02; done
                echo "{{Ended}}process ${p#/proc/} with $i open"
                break 2
              fi
            done
          done
        done
        """;

    /// <summary>What the script says that it has ended.</summary>
    internal static ImmutableArray<string> Read(string output) =>
        [.. output.Split('\n').Where(line => line.StartsWith(Ended, StringComparison.Ordinal)).Select(line => line[Ended.Length..].TrimEnd())];
}
