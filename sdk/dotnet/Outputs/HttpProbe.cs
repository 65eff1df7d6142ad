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
    /// The guest answers an HTTP GET.
    /// </summary>
    [OutputType]
    public sealed class HttpProbe
    {
        /// <summary>
        /// A text that the answer's body has to contain.
        /// </summary>
        public readonly string? Contains;
        /// <summary>
        /// How long the whole answer may take. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? MaxLatency;
        /// <summary>
        /// The status code that counts. Redirects are not followed.
        /// </summary>
        public readonly int? Status;
        /// <summary>
        /// Where to ask, from the machine where the provider runs. `{guest}` stands for the guest's first address as its agent tells it.
        /// </summary>
        public readonly string Url;
        /// <summary>
        /// Whether a TLS certificate that does not fit the host fails the probe.
        /// </summary>
        public readonly bool? VerifyCertificate;

        [OutputConstructor]
        private HttpProbe(
            string? contains,

            string? maxLatency,

            int? status,

            string url,

            bool? verifyCertificate)
        {
            Contains = contains;
            MaxLatency = maxLatency;
            Status = status;
            Url = url;
            VerifyCertificate = verifyCertificate;
        }
    }
}
