// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// A disk of a VM.
    /// </summary>
    [OutputType]
    public sealed class VirtualDisk
    {
        /// <summary>
        /// What it takes at its storage.
        /// </summary>
        public readonly double? AllocatedBytes;
        /// <summary>
        /// How the guest sees it: `virtio`, `scsi`, `sata`, `ide`, ...
        /// </summary>
        public readonly string? Bus;
        /// <summary>
        /// Its length as the guest sees it.
        /// </summary>
        public readonly double? Bytes;
        /// <summary>
        /// `raw`, `qcow2`, ...
        /// </summary>
        public readonly string? Format;
        /// <summary>
        /// Its name at the platform, such as `vda`.
        /// </summary>
        public readonly string Name;
        /// <summary>
        /// Where it lies at its host.
        /// </summary>
        public readonly string? Path;
        /// <summary>
        /// The pool that holds it, if any.
        /// </summary>
        public readonly string? StoragePool;

        [OutputConstructor]
        private VirtualDisk(
            double? allocatedBytes,

            string? bus,

            double? bytes,

            string? format,

            string name,

            string? path,

            string? storagePool)
        {
            AllocatedBytes = allocatedBytes;
            Bus = bus;
            Bytes = bytes;
            Format = format;
            Name = name;
            Path = path;
            StoragePool = storagePool;
        }
    }
}
