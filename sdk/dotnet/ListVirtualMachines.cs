// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk
{
    public static class ListVirtualMachines
    {
        /// <summary>
        /// Facts of the VMs at a site.
        /// </summary>
        public static Task<ListVirtualMachinesResult> InvokeAsync(ListVirtualMachinesArgs args, InvokeOptions? options = null)
            => global::Pulumi.Deployment.Instance.InvokeAsync<ListVirtualMachinesResult>("vmmigrate:index:listVirtualMachines", args ?? new ListVirtualMachinesArgs(), options.WithDefaults());

        /// <summary>
        /// Facts of the VMs at a site.
        /// </summary>
        public static Output<ListVirtualMachinesResult> Invoke(ListVirtualMachinesInvokeArgs args, InvokeOptions? options = null)
            => global::Pulumi.Deployment.Instance.Invoke<ListVirtualMachinesResult>("vmmigrate:index:listVirtualMachines", args ?? new ListVirtualMachinesInvokeArgs(), options.WithDefaults());

        /// <summary>
        /// Facts of the VMs at a site.
        /// </summary>
        public static Output<ListVirtualMachinesResult> Invoke(ListVirtualMachinesInvokeArgs args, InvokeOutputOptions options)
            => global::Pulumi.Deployment.Instance.Invoke<ListVirtualMachinesResult>("vmmigrate:index:listVirtualMachines", args ?? new ListVirtualMachinesInvokeArgs(), options.WithDefaults());
    }


    public sealed class ListVirtualMachinesArgs : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Only VMs whose name fits, with `*` and `?` as wildcards. Default: all.
        /// </summary>
        [Input("namePattern")]
        public string? NamePattern { get; set; }

        /// <summary>
        /// Name of the site in the provider's config.
        /// </summary>
        [Input("site", required: true)]
        public string Site { get; set; } = null!;

        public ListVirtualMachinesArgs()
        {
        }
        public static new ListVirtualMachinesArgs Empty => new ListVirtualMachinesArgs();
    }

    public sealed class ListVirtualMachinesInvokeArgs : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Only VMs whose name fits, with `*` and `?` as wildcards. Default: all.
        /// </summary>
        [Input("namePattern")]
        public Input<string>? NamePattern { get; set; }

        /// <summary>
        /// Name of the site in the provider's config.
        /// </summary>
        [Input("site", required: true)]
        public Input<string> Site { get; set; } = null!;

        public ListVirtualMachinesInvokeArgs()
        {
        }
        public static new ListVirtualMachinesInvokeArgs Empty => new ListVirtualMachinesInvokeArgs();
    }


    [OutputType]
    public sealed class ListVirtualMachinesResult
    {
        /// <summary>
        /// In order of their names.
        /// </summary>
        public readonly ImmutableArray<Outputs.VirtualMachine> VirtualMachines;

        [OutputConstructor]
        private ListVirtualMachinesResult(ImmutableArray<Outputs.VirtualMachine> virtualMachines)
        {
            VirtualMachines = virtualMachines;
        }
    }
}
