// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

namespace VmMigrate.Sdk
{
    static class Utilities
    {
        /// <summary>The first of these environment variables that is set.</summary>
        public static string? GetEnv(params string[] names)
        {
            foreach (var name in names)
            {
                if (global::System.Environment.GetEnvironmentVariable(name) is { } value)
                {
                    return value;
                }
            }

            return null;
        }

        public static bool? GetEnvBoolean(params string[] names) => GetEnv(names) switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => null,
        };

        public static int? GetEnvInt32(params string[] names) => int.TryParse(GetEnv(names), out var value) ? value : null;

        public static double? GetEnvDouble(params string[] names) => double.TryParse(GetEnv(names), out var value) ? value : null;

        [global::System.Obsolete("WithDefaults does the same.")]
        public static global::Pulumi.InvokeOptions WithVersion(this global::Pulumi.InvokeOptions? options)
        {
            options ??= new global::Pulumi.InvokeOptions();
            options.Version ??= Version;
            return options;
        }

        public static global::Pulumi.InvokeOptions WithDefaults(this global::Pulumi.InvokeOptions? options)
        {
            options ??= new global::Pulumi.InvokeOptions();
            options.Version ??= Version;
            return options;
        }

        public static global::Pulumi.InvokeOutputOptions WithDefaults(this global::Pulumi.InvokeOutputOptions? options)
        {
            options ??= new global::Pulumi.InvokeOutputOptions();
            options.Version ??= Version;
            return options;
        }

        public static string Version { get; } = ReadVersion();

        private static string ReadVersion()
        {
            const string name = "VmMigrate.Sdk.version.txt";
            using var stream = typeof(Utilities).Assembly.GetManifestResourceStream(name)
                ?? throw new global::System.InvalidOperationException($"The assembly holds no {name}.");
            using var reader = new global::System.IO.StreamReader(stream);
            // The last line: one with the package's name may stand before it.
            return reader.ReadToEnd().Trim().Split('\n')[^1].Trim();
        }
    }

    internal sealed class SdkResourceTypeAttribute : global::Pulumi.ResourceTypeAttribute
    {
        public SdkResourceTypeAttribute(string type) : base(type, Utilities.Version)
        {
        }
    }
}
