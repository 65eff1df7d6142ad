using System.Collections.Immutable;

namespace VmMigrate.Engine.Schema;

/// <summary>What a field may hold. Drives schema.json, the Terraform schema, the checks of input and the SDKs.</summary>
public abstract record FieldType
{
    private protected FieldType()
    {
    }

    public static FieldType Text { get; } = new TextType(TextFormat.Plain);

    public static FieldType Duration { get; } = new TextType(TextFormat.Duration);

    public static FieldType Size { get; } = new TextType(TextFormat.Size);

    public static FieldType Rate { get; } = new TextType(TextFormat.Rate);

    public static FieldType Bool { get; } = new BoolType();

    public static FieldType Integer { get; } = new IntegerType();

    public static FieldType Number { get; } = new NumberType();

    public static FieldType ListOf(FieldType item) => new ListType(item);

    public static FieldType MapOf(FieldType item) => new MapType(item);

    public static FieldType Of(ObjectType type) => new ObjectRef(type);

    public static FieldType Of(EnumType type) => new EnumRef(type);
}

/// <summary>How a text is read: plain, or with a unit ("30s", "40GiB", "200 Mbit/s").</summary>
public enum TextFormat
{
    Plain,
    Duration,
    Size,
    Rate,
}

public sealed record TextType(TextFormat Format) : FieldType;

public sealed record BoolType : FieldType;

/// <summary>A whole number that a double holds exactly.</summary>
public sealed record IntegerType : FieldType;

public sealed record NumberType : FieldType;

public sealed record ListType(FieldType Item) : FieldType;

public sealed record MapType(FieldType Item) : FieldType;

public sealed record ObjectRef(ObjectType Type) : FieldType;

public sealed record EnumRef(EnumType Type) : FieldType;

/// <summary>A named closed set of words.</summary>
public sealed record EnumType(string Name, string Description, ImmutableArray<EnumWord> Words);

public sealed record EnumWord(string Name, string Description);
