using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Pulumi;

/// <summary>Writes the resource model as a Pulumi package schema: what GetSchema answers and what SDKs are generated from.</summary>
/// <remarks>
/// The form is pulumi/pulumi's metaschema, pkg/codegen/schema/pulumi.json. The same model gives the same bytes: properties stand in
/// the model's order, types in that of their names, lines end in LF.
/// </remarks>
internal static class SchemaWriter
{
    /// <summary>C# users write <c>using VmMigrate.Sdk;</c>: the generator joins the root namespace and the package's own.</summary>
    private const string CSharpRoot = "VmMigrate";
    private const string CSharpPackage = "Sdk";

    /// <exception cref="InvalidOperationException">Two different types of the model have one name.</exception>
    internal static string Write(PackageModel model)
    {
        var buffer = new ArrayBufferWriter<byte>(32 * 1024);
        var options = new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            // The text is read by people and by JSON parsers, never put into HTML: quotes and backticks may stay as they are.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            new Writer(json, model).Package();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private sealed class Writer(Utf8JsonWriter json, PackageModel model)
    {
        internal void Package()
        {
            json.WriteStartObject();
            json.WriteString("name", model.Name);
            json.WriteString("displayName", model.DisplayName);
            json.WriteString("version", model.Version);
            json.WriteString("description", model.Description);
            Names("keywords", ["pulumi", "virtual-machine", "migration", "libvirt", "kvm", "category/infrastructure", "kind/native"]);
            json.WriteString("license", "Apache-2.0");
            json.WriteString("publisher", model.DisplayName);

            // Every language's SDK takes its version from here, not from its build.
            json.WriteStartObject("meta");
            json.WriteBoolean("supportPack", true);
            json.WriteEndObject();

            json.WriteStartObject("language");
            json.WriteStartObject("csharp");
            json.WriteString("rootNamespace", CSharpRoot);
            json.WriteStartObject("namespaces");
            json.WriteString(model.Name, CSharpPackage);
            json.WriteEndObject();
            json.WriteBoolean("respectSchemaVersion", true);
            json.WriteEndObject();
            json.WriteEndObject();

            json.WriteStartObject("config");
            Properties("variables", model.Config, owner: null);
            json.WriteEndObject();

            Types();

            // The same fields twice: `config` for the provider that Pulumi makes by itself, `provider` for one in a program.
            json.WriteStartObject("provider");
            json.WriteString("type", "object");
            json.WriteString("description", model.Description);
            Properties("inputProperties", model.Config, owner: "Provider");
            Names("requiredInputs", model.Config.Where(field => field.Required).Select(field => field.Name));
            json.WriteEndObject();

            json.WriteStartObject("resources");
            foreach (var resource in model.Resources)
            {
                json.WriteStartObject(Token(resource.Name));
                Resource(resource);
                json.WriteEndObject();
            }

            json.WriteEndObject();

            json.WriteStartObject("functions");
            foreach (var function in model.Functions)
            {
                json.WriteStartObject(Token(function.Name));
                json.WriteString("description", function.Description);
                Shape("inputs", function.Inputs, field => field.Required);
                Shape("outputs", function.Outputs, field => field.AlwaysSet);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        private void Types()
        {
            var types = new NamedTypes(model);
            json.WriteStartObject("types");
            foreach (var name in types.Objects.Keys.Concat(types.Enums.Keys).Order(StringComparer.Ordinal))
            {
                json.WriteStartObject(Token(name));
                if (types.Objects.TryGetValue(name, out var type))
                {
                    Body(type, field => field.Required || field.AlwaysSet);
                }
                else
                {
                    Enum(types.Enums[name]);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        private void Enum(EnumType type)
        {
            json.WriteString("type", "string");
            json.WriteString("description", type.Description);
            json.WriteStartArray("enum");
            foreach (var word in type.Words)
            {
                json.WriteStartObject();
                json.WriteString("name", word.Name);
                json.WriteString("value", word.Name);
                json.WriteString("description", word.Description);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        /// <summary>Inputs come back as outputs under the same names; an input with a default is always set there.</summary>
        private void Resource(ResourceType resource)
        {
            json.WriteString("description", resource.Description);
            Properties("properties", [.. resource.Inputs.Select(field => field with { Default = null }), .. resource.Outputs], resource.Name);
            json.WriteString("type", "object");
            Names(
                "required",
                [
                    .. resource.Inputs.Where(field => field.Required || field.Default is not null).Select(field => field.Name),
                    .. resource.Outputs.Where(field => field.AlwaysSet).Select(field => field.Name),
                ]);
            Properties("inputProperties", resource.Inputs, resource.Name);
            Names("requiredInputs", resource.Inputs.Where(field => field.Required).Select(field => field.Name));
        }

        private void Shape(string name, ObjectType type, Func<Field, bool> required)
        {
            json.WriteStartObject(name);
            Body(type, required);
            json.WriteEndObject();
        }

        private void Body(ObjectType type, Func<Field, bool> required)
        {
            json.WriteString("type", "object");
            json.WriteString("description", FieldText.Of(type));
            Properties("properties", type.Fields, type.Name);
            Names("required", type.Fields.Where(required).Select(field => field.Name));
        }

        private void Properties(string name, IEnumerable<Field> fields, string? owner)
        {
            json.WriteStartObject(name);
            foreach (var field in fields)
            {
                json.WriteStartObject(field.Name);
                json.WriteString("description", FieldText.Of(field));
                Type(field.Type);
                if (field.Default is { } value)
                {
                    Default(field, value);
                }

                if (field.Secret)
                {
                    json.WriteBoolean("secret", true);
                }

                // The provider's Diff decides on a replacement; this only tells readers. (replaceOnChanges would make the SDK decide.)
                if (field.Replaces)
                {
                    json.WriteBoolean("willReplaceOnChanges", true);
                }

                // C# has no member with the name of its class (CS0542).
                if (owner is not null && string.Equals(field.Name, owner, StringComparison.OrdinalIgnoreCase))
                {
                    json.WriteStartObject("language");
                    json.WriteStartObject("csharp");
                    json.WriteString("name", owner + "Value");
                    json.WriteEndObject();
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        private void Type(FieldType type)
        {
            switch (type)
            {
                case TextType:
                    json.WriteString("type", "string");
                    break;
                case BoolType:
                    json.WriteString("type", "boolean");
                    break;
                case IntegerType:
                    json.WriteString("type", "integer");
                    break;
                case NumberType:
                    json.WriteString("type", "number");
                    break;
                case ListType list:
                    json.WriteString("type", "array");
                    Nested("items", list.Item);
                    break;
                case MapType map:
                    json.WriteString("type", "object");
                    Nested("additionalProperties", map.Item);
                    break;
                case ObjectRef { Type.Name: var name }:
                    json.WriteString("$ref", $"#/types/{Token(name)}");
                    break;
                case EnumRef { Type.Name: var name }:
                    json.WriteString("$ref", $"#/types/{Token(name)}");
                    break;
                default:
                    throw new InvalidOperationException($"No schema for {type}.");
            }
        }

        private void Nested(string name, FieldType type)
        {
            json.WriteStartObject(name);
            Type(type);
            json.WriteEndObject();
        }

        private void Default(Field field, Value value)
        {
            if (value.AsText is { } text)
            {
                json.WriteString("default", text);
            }
            else if (value.AsBool is { } flag)
            {
                json.WriteBoolean("default", flag);
            }
            else if (value.AsNumber is { } number)
            {
                // An integer's default must not be written as 1.0 or 1E2: the binder refuses those.
                if (field.Type is IntegerType)
                {
                    json.WriteNumber("default", checked((long)number));
                }
                else
                {
                    json.WriteNumber("default", number);
                }
            }
            else
            {
                throw new InvalidOperationException($"The default of {field.Name} is no text, number or truth value.");
            }
        }

        private void Names(string name, IEnumerable<string> values)
        {
            var list = values.ToList();
            if (list.Count == 0)
            {
                return;
            }

            json.WriteStartArray(name);
            list.ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }

        private string Token(string name) => $"{model.Name}:index:{name}";
    }
}
