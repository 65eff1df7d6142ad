namespace VmMigrate.Platforms.Aws;

/// <summary>What EBS's volume types hold. Source: "Amazon EBS volume types" in the EBS user guide.</summary>
internal static class VolumeLimits
{
    internal static (int Most, int Least) SizeGib(string type) => type switch
    {
        "gp3" or "io2" => (65536, type == "io2" ? 4 : 1),
        "gp2" => (16384, 1),
        "io1" => (16384, 4),
        "st1" or "sc1" => (16384, 125),
        _ => (16384, 1),
    };

    internal static bool IsForDataOnly(string? type) => type is "st1" or "sc1";

    /// <summary>Why a volume cannot have so many IOPS; null when it can.</summary>
    internal static string? WhyNotIops(string type, int sizeGib, int iops)
    {
        var (least, most, perGib) = type switch
        {
            "gp3" => (3000, 80000, 500),
            "io1" => (100, 64000, 50),
            "io2" => (100, 256000, 1000),
            _ => (0, 0, 0),
        };
        return most == 0 ? $"a {type} volume takes no IOPS"
            : iops < least || iops > most ? $"a {type} volume has {least} to {most} IOPS, not {iops}"
            : iops > least && iops > (long)perGib * sizeGib ? $"a {type} volume of {sizeGib} GiB has {perGib * sizeGib} IOPS at most, not {iops}"
            : null;
    }
}
