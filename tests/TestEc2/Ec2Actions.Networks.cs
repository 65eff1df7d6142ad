namespace VmMigrate.TestEc2;

// Subnets as somebody else's declaration makes them: what Terraform's aws provider calls for aws_subnet.
internal sealed partial class Ec2Actions
{
    private void AddNetworks()
    {
        _writes["CreateSubnet"] = call =>
        {
            var (vpc, cidr) = (call.Need("VpcId"), call.Need("CidrBlock"));
            var zone = call.Text("AvailabilityZone") ?? "xx-test-1a";
            var tags = call.TagSpecifications("subnet").GetValueOrDefault("subnet") ?? [];
            call.Done();
            if (!world.Subnets.Exists(one => one.Vpc == vpc))
            {
                throw new Ec2Error(400, "InvalidVpcID.NotFound", $"The vpc ID '{vpc}' does not exist");
            }

            if (world.Subnets.Exists(one => one.Vpc == vpc && one.Cidr == cidr))
            {
                throw new Ec2Error(400, "InvalidSubnet.Conflict", $"The CIDR '{cidr}' conflicts with another subnet");
            }

            return [E("subnet", [.. SubnetOf(world.Add(world.Subnets, new Subnet { Id = world.NewId("subnet"), Vpc = vpc, Zone = zone, Cidr = cidr, Tags = tags }))])];
        };
        _writes["DeleteSubnet"] = call =>
        {
            var id = call.Need("SubnetId");
            call.Done();
            var subnet = World.Find(world.Subnets, id, () => new Ec2Error(400, "InvalidSubnetID.NotFound", $"The subnet ID '{id}' does not exist"));
            if (world.Nics.Exists(nic => nic.Subnet == subnet))
            {
                throw new Ec2Error(400, "DependencyViolation", $"The subnet '{id}' has dependencies and cannot be deleted.");
            }

            world.Subnets.Remove(subnet);
            return [E("return", true)];
        };
    }
}
