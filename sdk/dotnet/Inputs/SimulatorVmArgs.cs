// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// A simulated VM, described.
    /// </summary>
    public sealed class SimulatorVmArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// `x86_64`, `aarch64`, ...
        /// </summary>
        [Input("architecture")]
        public Input<string>? Architecture { get; set; }

        /// <summary>
        /// Whether it starts with its host.
        /// </summary>
        [Input("autostart")]
        public Input<bool>? Autostart { get; set; }

        /// <summary>
        /// Its CPUs.
        /// </summary>
        [Input("cpus")]
        public Input<int>? Cpus { get; set; }

        [Input("disks")]
        private InputList<string>? _disks;

        /// <summary>
        /// The sizes of its disks, which are named `vda`, `vdb`, ... Default: one of 20GiB. A size with its unit, such as `40GiB`.
        /// </summary>
        public InputList<string> Disks
        {
            get => _disks ?? (_disks = new InputList<string>());
            set => _disks = value;
        }

        /// <summary>
        /// Whether its disks are encrypted.
        /// </summary>
        [Input("encryptedDisks")]
        public Input<bool>? EncryptedDisks { get; set; }

        [Input("facts")]
        private InputMap<string>? _facts;

        /// <summary>
        /// Further facts that preview's checks judge, as docs/checks/facts.md names them: `"vm.ha": "true"`; `"disk.rdm@vda"` is about one disk.
        /// </summary>
        public InputMap<string> Facts
        {
            get => _facts ?? (_facts = new InputMap<string>());
            set => _facts = value;
        }

        /// <summary>
        /// How it boots.
        /// </summary>
        [Input("firmware")]
        public Input<VmMigrate.Sdk.SimulatorFirmware>? Firmware { get; set; }

        /// <summary>
        /// How its guest behaves. Default: the site's `guest`.
        /// </summary>
        [Input("guest")]
        public Input<Inputs.SimulatorGuestArgs>? Guest { get; set; }

        /// <summary>
        /// The host it is on.
        /// </summary>
        [Input("host")]
        public Input<string>? Host { get; set; }

        [Input("macs")]
        private InputList<string>? _macs;

        /// <summary>
        /// The hardware addresses of its NICs. Default: made up.
        /// </summary>
        public InputList<string> Macs
        {
            get => _macs ?? (_macs = new InputList<string>());
            set => _macs = value;
        }

        /// <summary>
        /// Its memory. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("memory")]
        public Input<string>? Memory { get; set; }

        /// <summary>
        /// Its name.
        /// </summary>
        [Input("name", required: true)]
        public Input<string> Name { get; set; } = null!;

        [Input("networks")]
        private InputList<string>? _networks;

        /// <summary>
        /// The network of each NIC. Default: one NIC in the site's first network.
        /// </summary>
        public InputList<string> Networks
        {
            get => _networks ?? (_networks = new InputList<string>());
            set => _networks = value;
        }

        /// <summary>
        /// The pool that its disks are in.
        /// </summary>
        [Input("pool")]
        public Input<string>? Pool { get; set; }

        /// <summary>
        /// Whether it runs at first.
        /// </summary>
        [Input("running")]
        public Input<bool>? Running { get; set; }

        /// <summary>
        /// Whether it boots only what is signed.
        /// </summary>
        [Input("secureBoot")]
        public Input<bool>? SecureBoot { get; set; }

        /// <summary>
        /// How many snapshots it has.
        /// </summary>
        [Input("snapshots")]
        public Input<int>? Snapshots { get; set; }

        [Input("specialDevices")]
        private InputList<string>? _specialDevices;

        /// <summary>
        /// Kinds of devices that tie it to its host: `hostdev-pci`, `hostdev-usb`, `filesystem`, `shmem`, ...
        /// </summary>
        public InputList<string> SpecialDevices
        {
            get => _specialDevices ?? (_specialDevices = new InputList<string>());
            set => _specialDevices = value;
        }

        /// <summary>
        /// Whether it has a TPM.
        /// </summary>
        [Input("tpm")]
        public Input<bool>? Tpm { get; set; }

        /// <summary>
        /// Its UUID. Default: made from the site's name and seed.
        /// </summary>
        [Input("uuid")]
        public Input<string>? Uuid { get; set; }

        public SimulatorVmArgs()
        {
            Architecture = "x86_64";
            Autostart = false;
            Cpus = 2;
            EncryptedDisks = false;
            Firmware = VmMigrate.Sdk.SimulatorFirmware.Bios;
            Memory = "2GiB";
            Running = true;
            SecureBoot = false;
            Snapshots = 0;
            Tpm = false;
        }
        public static new SimulatorVmArgs Empty => new SimulatorVmArgs();
    }
}
