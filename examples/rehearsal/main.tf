# A rehearsal of a migration on the simulator: no hypervisor, no network, the same steps, checks and state as for real.
# `rehearse.sh` runs it with a fault, then without, as a CI job would.

terraform {
  required_providers {
    vmmigrate = { source = "vmmigrate/vmmigrate" }
  }
}

variable "fault" {
  description = "What goes wrong at the target, if anything."
  type        = list(any)
  default     = []
}

variable "goal" {
  type    = string
  default = "CutOver"
}

locals {
  world = abspath("${path.module}/.world")
  guest = { boot = "0s", shutdown = "0s" }
}

provider "vmmigrate" {
  sites = {
    east = { simulator = { state = local.world, seed = 7, guest = local.guest, disk_data = "8MiB", machines = [{ name = "erp-db", disks = ["20GiB"], memory = "4GiB" }] } }
    west = { simulator = { state = local.world, guest = local.guest, faults = var.fault } }
  }
}

resource "vmmigrate_migration" "erp" {
  vm     = { site = "east", name = "erp-db" }
  target = { site = "west" }
  goal   = var.goal
}

output "where" {
  value = vmmigrate_migration.erp.placement.site
}
