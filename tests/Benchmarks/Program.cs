using VmMigrate.Benchmarks;
using VmMigrate.Platforms.Libvirt.Relay;

// `bench copy …` and `bench copy-direct …` are one run of our side, in a process of its own as the peers are; without it, the table is measured.
return args switch
{
    ["copy", ..] => await OneCopy.RunAsync(args[1..]),
    ["relay"] => await RelayProgram.RunAsync(TimeProvider.System),
    ["copy-relay", _, _, _, _, _] => await RelayCopy.RunAsync(args[1..]),
    ["copy-direct", _, _] => await DirectCopy.RunAsync(args[1..]),
    ["put-ebs", _, _, _] => await EbsCopy.OursAsync(args[1..]),
    ["put-plain", _, _, _] => await EbsCopy.PlainAsync(args[1..], checksum: false),
    ["put-checked", _, _, _] => await EbsCopy.PlainAsync(args[1..], checksum: true),
    ["packing"] => await Packing.RunAsync(),
    [] => Math.Max(await Packing.RunAsync(), await Table.RunAsync(args)),
    _ => await Table.RunAsync(args),
};
