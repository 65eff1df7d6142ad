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
    /// A site that exists only as numbers: to rehearse migrations, in CI too, with no hypervisor. The same block always makes the same site. Disks of any size cost nothing until they are written.
    /// </summary>
    public sealed class SimulatorSiteArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// What all disks of the site together read and write. Default: no limit. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("bandwidth")]
        public Input<string>? Bandwidth { get; set; }

        /// <summary>
        /// How much of each disk holds data at first, which is what a migration has to copy. Default: from 1MiB to 8MiB. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("diskData")]
        public Input<string>? DiskData { get; set; }

        /// <summary>
        /// The first disk's size of made-up VMs. Default: from 10GiB to 100GiB. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("diskSize")]
        public Input<string>? DiskSize { get; set; }

        [Input("facts")]
        private InputMap<string>? _facts;

        /// <summary>
        /// Further facts of the site, its hosts, pools and networks, as docs/checks/facts.md names them: `"host.cpuAverage": "40"`; `"pool.media@fast"` is about one of them.
        /// </summary>
        public InputMap<string> Facts
        {
            get => _facts ?? (_facts = new InputMap<string>());
            set => _facts = value;
        }

        [Input("faults")]
        private InputList<Inputs.SimulatorFaultArgs>? _faults;

        /// <summary>
        /// What goes wrong on purpose. Of several that match one call, the first strikes.
        /// </summary>
        public InputList<Inputs.SimulatorFaultArgs> Faults
        {
            get => _faults ?? (_faults = new InputList<Inputs.SimulatorFaultArgs>());
            set => _faults = value;
        }

        /// <summary>
        /// How the guests behave.
        /// </summary>
        [Input("guest")]
        public Input<Inputs.SimulatorGuestArgs>? Guest { get; set; }

        [Input("hosts")]
        private InputList<Inputs.SimulatorHostArgs>? _hosts;

        /// <summary>
        /// Default: as many as the VMs need, `NAME-host1` and so on.
        /// </summary>
        public InputList<Inputs.SimulatorHostArgs> Hosts
        {
            get => _hosts ?? (_hosts = new InputList<Inputs.SimulatorHostArgs>());
            set => _hosts = value;
        }

        /// <summary>
        /// How long each call takes. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("latency")]
        public Input<string>? Latency { get; set; }

        [Input("machines")]
        private InputList<Inputs.SimulatorVmArgs>? _machines;

        /// <summary>
        /// VMs that are described one by one.
        /// </summary>
        public InputList<Inputs.SimulatorVmArgs> Machines
        {
            get => _machines ?? (_machines = new InputList<Inputs.SimulatorVmArgs>());
            set => _machines = value;
        }

        [Input("networks")]
        private InputList<string>? _networks;

        /// <summary>
        /// Default: `default` and `backend`.
        /// </summary>
        public InputList<string> Networks
        {
            get => _networks ?? (_networks = new InputList<string>());
            set => _networks = value;
        }

        /// <summary>
        /// Share (0 to 1) of the made-up VMs that have something for preflight to find: a snapshot, a passthrough device, a TPM, UEFI, an encrypted disk, another architecture.
        /// </summary>
        [Input("oddities")]
        public Input<double>? Oddities { get; set; }

        /// <summary>
        /// The platform whose rules preview's checks apply: `libvirt`, `vsphere`, `aws`, `azure`, `gcp`, `hyperv`, `kubevirt`, ...
        /// </summary>
        [Input("plays")]
        public Input<string>? Plays { get; set; }

        [Input("pools")]
        private InputList<Inputs.SimulatorPoolArgs>? _pools;

        /// <summary>
        /// Default: `fast` with 100TiB and `bulk` with 400TiB.
        /// </summary>
        public InputList<Inputs.SimulatorPoolArgs> Pools
        {
            get => _pools ?? (_pools = new InputList<Inputs.SimulatorPoolArgs>());
            set => _pools = value;
        }

        /// <summary>
        /// Another seed makes other VMs, contents and chances.
        /// </summary>
        [Input("seed")]
        public Input<int>? Seed { get; set; }

        /// <summary>
        /// A folder that keeps the world between runs and is shared by all sites that name it. Needed wherever preview and up are two processes. Remove it to begin anew. Only its `calls.jsonl` and `events.jsonl` tell what was done; everything else in it is ours.
        /// </summary>
        [Input("state")]
        public Input<string>? State { get; set; }

        /// <summary>
        /// How many VMs to make up, named `web-001`, `db-002`, ...
        /// </summary>
        [Input("vms")]
        public Input<int>? Vms { get; set; }

        /// <summary>
        /// Without `state`: the name of a world in memory, shared by the sites of one process that name it.
        /// </summary>
        [Input("world")]
        public Input<string>? World { get; set; }

        public SimulatorSiteArgs()
        {
            Latency = "0s";
            Oddities = 0;
            Plays = "libvirt";
            Seed = 1;
            Vms = 0;
            World = "default";
        }
        public static new SimulatorSiteArgs Empty => new SimulatorSiteArgs();
    }
}
