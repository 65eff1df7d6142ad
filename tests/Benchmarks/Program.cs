using VmMigrate.Benchmarks;

// `bench copy …` is one run of our side, in a process of its own as the peers are; without it, the table is measured.
return args is ["copy", ..] ? await OneCopy.RunAsync(args[1..]) : await Table.RunAsync(args);
