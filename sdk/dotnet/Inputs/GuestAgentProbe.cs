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
    /// The guest's agent answers a ping.
    /// </summary>
    public sealed class GuestAgentProbe : global::Pulumi.InvokeArgs
    {
        public GuestAgentProbe()
        {
        }
        public static new GuestAgentProbe Empty => new GuestAgentProbe();
    }
}
