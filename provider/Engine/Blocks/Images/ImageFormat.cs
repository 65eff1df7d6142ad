namespace VmMigrate.Engine.Blocks.Images;

internal enum ImageFormat
{
    Raw,
    Qcow2,
}
