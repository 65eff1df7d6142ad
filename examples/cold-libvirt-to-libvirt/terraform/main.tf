terraform {
  required_providers {
    vmmigrate = {
      source = "vmmigrate.local/vmmigrate/vmmigrate"
    }
  }
}

variable "dc1" {
  description = "libvirt's URI of the host that the VM is on."
  type        = string
  default     = "qemu+ssh://root@kvm1/system"
}

variable "dc2" {
  description = "libvirt's URI of the host that it moves to."
  type        = string
  default     = "qemu+ssh://root@kvm2/system"
}

provider "vmmigrate" {
  sites = {
    dc1 = { libvirt = { uri = var.dc1 } }
    dc2 = { libvirt = { uri = var.dc2 } }
  }
}

resource "vmmigrate_migration" "web-01" {
  vm = {
    site = "dc1"
    name = "web-01"
  }
  target = {
    site         = "dc2"
    storage_pool = "images"
  }
  mode = "Cold"
  goal = "CutOver"
  shutdown = {
    timeout = "90s"
    force   = false
  }
  verify = {
    digest = "Sha256"
    probes = [{ guest_agent = {}, timeout = "3m" }]
  }
  rollback = {
    changes = "BringBack"
  }
}

output "placement" {
  value = vmmigrate_migration.web-01.placement
}

output "proof" {
  value = vmmigrate_migration.web-01.proof
}

output "downtime" {
  value = vmmigrate_migration.web-01.downtime
}
