using System.Text.Json;
using VmMigrate.Engine.Checks;

namespace VmMigrate.Host.Terraform;

/// <summary>Log lines on standard error in the form that core understands. They are seen with <c>TF_LOG=info</c> only.</summary>
internal sealed class PluginLog(Stream error, TimeProvider time, SecretRedactor redactor)
{
    private readonly Lock one = new();

    internal void Write(Severity severity, string message)
    {
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteString("@level", severity switch { Severity.Error => "error", Severity.Warning => "warn", _ => "info" });
            writer.WriteString("@message", redactor.Redact(message));
            writer.WriteString("@module", "vmmigrate");
            writer.WriteString("@timestamp", time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.ffffffK", System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        lock (one)
        {
            try
            {
                error.Write(line.GetBuffer(), 0, (int)line.Length);
                error.Flush();
            }
            catch (IOException)
            {
                // Nobody listens any more; the run goes on.
            }
        }
    }
}
