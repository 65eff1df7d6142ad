using System.Xml.Linq;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>A reference to one object of the inventory, such as <c>VirtualMachine vm-42</c>. Its value is unique in one vCenter and kept for the object's life.</summary>
internal readonly record struct MoRef(string Type, string Value)
{
    internal static MoRef Of(XElement element) => new(element.Attribute("type")?.Value ?? "", element.Value);

    internal static MoRef Vm(string value) => new("VirtualMachine", value);

    public override string ToString() => $"{Type}:{Value}";
}
