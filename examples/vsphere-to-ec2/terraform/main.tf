terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
    vsphere = {
      source = "vmware/vsphere"
    }
    vmmigrate = {
      source = "vmmigrate.local/vmmigrate/vmmigrate"
    }
  }
}

variable "vcenter" {
  description = "The vCenter that the VM is in."
  type        = string
  default     = "vc1.example.com"
}

variable "vcenter_user" {
  description = "The account, with the role of docs/platforms/vsphere.md."
  type        = string
  default     = "migrate@vsphere.local"
}

variable "vcenter_password" {
  description = "Its password."
  type        = string
  sensitive   = true
}

variable "thumbprint" {
  description = "SHA-256 thumbprint of the vCenter's certificate."
  type        = string
  default     = "9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08"
}

variable "region" {
  description = "Where the instance runs."
  type        = string
  default     = "eu-central-1"
}

provider "aws" {
  region = var.region
}

provider "vsphere" {
  vsphere_server = var.vcenter
  user           = var.vcenter_user
  password       = var.vcenter_password
}

data "vsphere_datacenter" "dc" {
  name = "DC0"
}

data "vsphere_virtual_machine" "erp" {
  name          = "erp-01"
  datacenter_id = data.vsphere_datacenter.dc.id
}

resource "aws_vpc" "erp" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "erp" {
  vpc_id            = aws_vpc.erp.id
  cidr_block        = "10.20.1.0/24"
  availability_zone = "eu-central-1a"
}

resource "aws_security_group" "erp" {
  vpc_id  = aws_vpc.erp.id
  ingress = [{ protocol = "tcp", from_port = 443, to_port = 443, cidr_blocks = ["10.0.0.0/8"] }]
}

resource "aws_iam_role" "erp" {
  name               = "erp"
  assume_role_policy = file("assume-ec2.json")
}

resource "aws_iam_role_policy_attachment" "ssm" {
  role       = aws_iam_role.erp.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "erp" {
  role = aws_iam_role.erp.name
}

provider "vmmigrate" {
  sites = {
    vc1 = {
      vsphere = {
        server     = var.vcenter
        user       = var.vcenter_user
        password   = var.vcenter_password
        thumbprint = var.thumbprint
      }
    }
    cloud = { aws = { region = var.region } }
  }
}

resource "vmmigrate_migration" "erp-01" {
  vm = {
    site = "vc1"
    id   = data.vsphere_virtual_machine.erp.instance_uuid
  }
  target = {
    site         = "cloud"
    storage_pool = "gp3"
    name         = "erp-01"
    networks     = { prod = aws_subnet.erp.id }
    aws = {
      security_groups  = [aws_security_group.erp.id]
      instance_profile = aws_iam_instance_profile.erp.name
      tags             = { team = "erp" }
    }
  }
  mode = "Cold"
  goal = "CutOver"
  verify = {
    inspect_guest = "WhenPossible"
    probes        = [{ tcp = { port = 443 }, timeout = "10m" }]
  }
}

output "placement" {
  value = vmmigrate_migration.erp-01.placement
}

output "proof" {
  value = vmmigrate_migration.erp-01.proof
}
