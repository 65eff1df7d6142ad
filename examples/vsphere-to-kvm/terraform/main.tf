terraform {
  required_providers {
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

variable "kvm1" {
  description = "libvirt's URI of the host that it moves to."
  type        = string
  default     = "qemu+ssh://root@kvm1/system"
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
    kvm1 = { libvirt = { uri = var.kvm1 } }
  }
}

resource "vmmigrate_migration" "app-01" {
  vm = {
    site = "vc1"
    name = "/DC0/vm/apps/app-01"
  }
  target = {
    site         = "kvm1"
    storage_pool = "images"
    name         = "app-01"
    networks     = { prod = "default" }
  }
  mode = "Cold"
  goal = "CutOver"
  verify = {
    probes = [{ tcp = { port = 443 }, timeout = "5m" }]
  }
}

output "placement" {
  value = vmmigrate_migration.app-01.placement
}

output "proof" {
  value = vmmigrate_migration.app-01.proof
}
