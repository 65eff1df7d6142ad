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
    /// Facts of a VM at a site. What could not be seen is absent.
    /// </summary>
    [OutputType]
    public sealed class VirtualMachine
    {
        /// <summary>
        /// The guest's addresses as its agent tells them.
        /// </summary>
        public readonly ImmutableArray<string> Addresses;
        /// <summary>
        /// Such as `x86_64`.
        /// </summary>
        public readonly string? Architecture;
        /// <summary>
        /// Virtual CPUs.
        /// </summary>
        public readonly int? Cpus;
        /// <summary>
        /// Its disks.
        /// </summary>
        public readonly ImmutableArray<Outputs.VirtualDisk> Disks;
        /// <summary>
        /// `Bios` or `Uefi`.
        /// </summary>
        public readonly string? Firmware;
        /// <summary>
        /// Whether the guest's agent answers.
        /// </summary>
        public readonly bool? GuestAgent;
        /// <summary>
        /// What the guest's agent says it is.
        /// </summary>
        public readonly string? GuestOs;
        /// <summary>
        /// The host it is on.
        /// </summary>
        public readonly string? Host;
        /// <summary>
        /// Its id at the site.
        /// </summary>
        public readonly string Id;
        /// <summary>
        /// The virtual hardware's version, such as `pc-i440fx-7.2`.
        /// </summary>
        public readonly string? Machine;
        /// <summary>
        /// Memory.
        /// </summary>
        public readonly double? MemoryBytes;
        /// <summary>
        /// The stamp of the migration that holds it, if any.
        /// </summary>
        public readonly string? MigrationId;
        /// <summary>
        /// Its name.
        /// </summary>
        public readonly string Name;
        /// <summary>
        /// Its network cards.
        /// </summary>
        public readonly ImmutableArray<Outputs.NetworkCard> NetworkCards;
        /// <summary>
        /// `Running`, `Off`, `Paused` or `Other`.
        /// </summary>
        public readonly string PowerState;
        /// <summary>
        /// The site.
        /// </summary>
        public readonly string Site;

        [OutputConstructor]
        private VirtualMachine(
            ImmutableArray<string> addresses,

            string? architecture,

            int? cpus,

            ImmutableArray<Outputs.VirtualDisk> disks,

            string? firmware,

            bool? guestAgent,

            string? guestOs,

            string? host,

            string id,

            string? machine,

            double? memoryBytes,

            string? migrationId,

            string name,

            ImmutableArray<Outputs.NetworkCard> networkCards,

            string powerState,

            string site)
        {
            Addresses = addresses;
            Architecture = architecture;
            Cpus = cpus;
            Disks = disks;
            Firmware = firmware;
            GuestAgent = guestAgent;
            GuestOs = guestOs;
            Host = host;
            Id = id;
            Machine = machine;
            MemoryBytes = memoryBytes;
            MigrationId = migrationId;
            Name = name;
            NetworkCards = networkCards;
            PowerState = powerState;
            Site = site;
        }
    }
}
