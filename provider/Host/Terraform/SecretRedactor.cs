using VmMigrate.Engine.Values;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Terraform;

/// <summary>The secrets that one process has been given so far. It forgets none: a secret of an earlier config stays one.</summary>
/// <remarks>Safe for many callers at once.</remarks>
internal sealed class SecretRedactor
{
    private readonly Lock one = new();

    // Every call brings its config again; what is there already must not make the list longer.
    private readonly HashSet<string> learnt = new(StringComparer.Ordinal);
    private volatile Redactor redactor = Redactor.None;

    internal void Learn(Value value)
    {
        lock (one)
        {
            foreach (var text in Secrets(value, false).Where(learnt.Add))
            {
                redactor = redactor.With(Value.Secret(Value.Text(text)));
            }
        }
    }

    internal string Redact(string text) => redactor.Clean(text);

    private static IEnumerable<string> Secrets(Value value, bool secret) => value switch
    {
        SecretValue { Content: var content } => Secrets(content, true),
        ListValue list => list.Items.SelectMany(item => Secrets(item, secret)),
        MapValue map => map.Entries.Values.SelectMany(item => Secrets(item, secret)),
        TextValue { Content: var text } when secret => [text],
        NumberValue number when secret => [number.ToString()],
        _ => [],
    };
}
