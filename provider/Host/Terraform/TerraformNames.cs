using System.Text;

namespace VmMigrate.Host.Terraform;

/// <summary>Names of the model (lowerCamelCase, PascalCase) as Terraform writes them (snake_case).</summary>
/// <remarks>Goes both ways for every name without two capitals in a row and without a digit after a separator; a test holds the model to that.</remarks>
internal static class TerraformNames
{
    internal static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter))
            {
                if (text.Length > 0)
                {
                    text.Append('_');
                }

                text.Append(char.ToLowerInvariant(letter));
            }
            else
            {
                text.Append(letter);
            }
        }

        return text.ToString();
    }

    internal static string Camel(string snake)
    {
        var text = new StringBuilder(snake.Length);
        var raise = false;
        foreach (var letter in snake)
        {
            if (letter == '_')
            {
                raise = true;
                continue;
            }

            text.Append(raise ? char.ToUpperInvariant(letter) : letter);
            raise = false;
        }

        return text.ToString();
    }

    /// <summary><c>getVirtualMachine</c> → <c>virtual_machine</c>, <c>listVirtualMachines</c> → <c>virtual_machines</c>.</summary>
    internal static string DataSource(string function) => Snake(
        function.StartsWith("get", StringComparison.Ordinal) ? function[3..]
        : function.StartsWith("list", StringComparison.Ordinal) ? function[4..]
        : function);
}
