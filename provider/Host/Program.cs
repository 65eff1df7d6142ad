namespace VmMigrate.Host;

internal static class Program
{
    internal static int Main(string[] args)
    {
        Console.Error.WriteLine($"vmmigrate: no front end yet ({args.Length} arguments)");
        return 2;
    }
}
