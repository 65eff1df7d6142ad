// What vcsim lacks of a running VM: a guest that writes, snapshots that leave the disk under them alone, and changed-block tracking over both.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	// The option of a VM in which a guest is to be played.
	guestOption = "guestinfo.vcsim"
	blockBytes  = 64 << 10
	// A real host answers for a part of the disk at a time, too.
	windowBytes = 1 << 20
)

type write struct {
	epoch  int
	offset int64
	length int64
}

// disk is what is known about the first disk of a VM with a guest.
type vmState struct {
	id      string // changes when tracking is reset
	epoch   int
	writes  []write
	pending map[int64][]byte // what a snapshot keeps from the disk's file
	frozen  bool
	up      bool
	started time.Time
	ticks   int64
}

type tracker struct {
	everywhere bool

	lock sync.Mutex
	vms  map[types.ManagedObjectReference]*vmState
}

func (t *tracker) of(vm types.ManagedObjectReference) *vmState {
	state, ok := t.vms[vm]
	if !ok {
		state = &vmState{id: uuid.New().String(), pending: map[int64][]byte{}}
		t.vms[vm] = state
	}
	return state
}

func (t *tracker) reset(vm types.ManagedObjectReference) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.of(vm).id = uuid.New().String()
}

func fileOf(vm *simulator.VirtualMachine, location string) string {
	var p object.DatastorePath
	if !p.FromString(location) {
		return ""
	}
	host := simulator.Map.Get(*vm.Runtime.Host).(*simulator.HostSystem)
	store := simulator.Map.FindByName(p.Datastore, host.Datastore).(*simulator.Datastore)
	return path.Join(store.Info.GetDatastoreInfo().Url, p.Path)
}

func flatOf(vm *simulator.VirtualMachine, disk *types.VirtualDisk) string {
	return strings.Replace(fileOf(vm, disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo).FileName), ".vmdk", "-flat.vmdk", 1)
}

func disksOf(vm *simulator.VirtualMachine) []*types.VirtualDisk {
	var disks []*types.VirtualDisk
	for _, device := range vm.Config.Hardware.Device {
		if disk, ok := device.(*types.VirtualDisk); ok {
			disks = append(disks, disk)
		}
	}
	return disks
}

func hasGuest(vm *simulator.VirtualMachine) bool {
	found := false
	for _, option := range vm.Config.ExtraConfig {
		if value := option.GetOptionValue(); value.Key == guestOption {
			found = value.Value == "guest"
		}
	}
	return found
}

// play runs the guests: each boots in a moment, says so on its console and through Tools, and writes to its disk ten times a second.
func (t *tracker) play() {
	for range time.Tick(100 * time.Millisecond) {
		for _, one := range simulator.Map.All("VirtualMachine") {
			vm, ok := one.(*simulator.VirtualMachine)
			if !ok {
				continue
			}
			t.lock.Lock()
			simulator.Map.WithLock(vm, func() { t.tick(vm) })
			t.lock.Unlock()
		}
	}
}

func (t *tracker) tick(vm *simulator.VirtualMachine) {
	if vm.Config == nil || vm.Runtime.Host == nil || !(t.everywhere || hasGuest(vm)) {
		return
	}
	state := t.of(vm.Self)
	if vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
		if state.up {
			state.up = false
			setTools(vm, types.VirtualMachineToolsRunningStatusGuestToolsNotRunning)
		}
		return
	}
	if !state.up {
		state.up = true
		setTools(vm, types.VirtualMachineToolsRunningStatusGuestToolsRunning)
		for _, device := range vm.Config.Hardware.Device {
			if serial, ok := device.(*types.VirtualSerialPort); ok {
				if backing, ok := serial.Backing.(*types.VirtualSerialPortFileBackingInfo); ok {
					_ = os.WriteFile(fileOf(vm, backing.FileName), []byte("[    0.000000] Linux\nlogin: \n"), 0600)
				}
			}
		}
	}
	disks := disksOf(vm)
	if len(disks) == 0 {
		return
	}
	state.ticks++
	content := []byte(fmt.Sprintf("tick %d of %s\n", state.ticks, vm.Name))
	offset := (4 + state.ticks%8) * blockBytes
	if offset+blockBytes > disks[0].CapacityInBytes {
		return
	}
	if disks[0].Backing.(*types.VirtualDiskFlatVer2BackingInfo).DiskMode == string(types.VirtualDiskModeIndependent_nonpersistent) {
		return // it goes to a redo log, which ends with the power
	}
	if vm.Config.ChangeTrackingEnabled != nil && *vm.Config.ChangeTrackingEnabled {
		state.writes = append(state.writes, write{state.epoch, offset, blockBytes})
	}
	if state.frozen {
		state.pending[offset] = content
		return
	}
	put(flatOf(vm, disks[0]), offset, content)
}

func setTools(vm *simulator.VirtualMachine, status types.VirtualMachineToolsRunningStatus) {
	simulator.Map.Update(vm, []types.PropertyChange{{Name: "guest.toolsRunningStatus", Val: string(status)}})
}

func put(file string, offset int64, content []byte) {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteAt(content, offset)
}

// snapshot notes the moment: the disks of the VM, and of the snapshot that is about to be made, carry the id from which changes count.
func (t *tracker) snapshot(ref types.ManagedObjectReference, forward func()) {
	t.lock.Lock()
	defer t.lock.Unlock()
	vm, ok := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	if !ok {
		forward()
		return
	}
	state := t.of(ref)
	if vm.Config.ChangeTrackingEnabled != nil && *vm.Config.ChangeTrackingEnabled {
		state.epoch++
		simulator.Map.WithLock(vm, func() {
			devices := append([]types.BaseVirtualDevice(nil), vm.Config.Hardware.Device...)
			for i, device := range devices {
				if disk, ok := device.(*types.VirtualDisk); ok {
					next, backing := *disk, *disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
					backing.ChangeId = fmt.Sprintf("%s/%d", state.id, state.epoch)
					next.Backing = &backing
					devices[i] = &next
				}
			}
			vm.Config.Hardware.Device = devices
		})
	}
	forward()
	state.frozen = vm.Snapshot != nil
}

func (t *tracker) removeSnapshot(ref types.ManagedObjectReference, forward func()) {
	t.lock.Lock()
	defer t.lock.Unlock()
	snapshot, ok := simulator.Map.Get(ref).(*simulator.VirtualMachineSnapshot)
	forward()
	if !ok {
		return
	}
	vm, ok := simulator.Map.Get(snapshot.Vm).(*simulator.VirtualMachine)
	if !ok || vm.Snapshot != nil {
		return
	}
	state := t.of(snapshot.Vm)
	state.frozen = false
	for offset, content := range state.pending {
		put(flatOf(vm, disksOf(vm)[0]), offset, content)
	}
	state.pending = map[int64][]byte{}
}

var field = func(name string) *regexp.Regexp {
	return regexp.MustCompile(`<(?:\w+:)?` + name + `(?: [^>]*)?>([^<]*)<`)
}

func text(body, name string) string {
	if found := field(name).FindStringSubmatch(body); found != nil {
		return found[1]
	}
	return ""
}

// query answers QueryChangedDiskAreas.
func (t *tracker) query(w http.ResponseWriter, body string) {
	t.lock.Lock()
	defer t.lock.Unlock()
	ref := types.ManagedObjectReference{Type: "VirtualMachine", Value: text(body, "_this")}
	vm, ok := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	if !ok {
		soapFault(w, "ManagedObjectNotFound", "The object has already been deleted", "<obj type=\"VirtualMachine\">"+ref.Value+"</obj>")
		return
	}
	state := t.of(ref)
	if vm.Config.ChangeTrackingEnabled == nil || !*vm.Config.ChangeTrackingEnabled {
		soapFault(w, "FileFault", "Error caused by file: change tracking is not enabled", "<file>disk.vmdk</file>")
		return
	}
	key, _ := strconv.Atoi(text(body, "deviceKey"))
	start, _ := strconv.ParseInt(text(body, "startOffset"), 10, 64)
	var disk *types.VirtualDisk
	for _, one := range disksOf(vm) {
		if int(one.Key) == key {
			disk = one
		}
	}
	until := 1 << 30
	if value := text(body, "snapshot"); value != "" {
		snapshot, ok := simulator.Map.Get(types.ManagedObjectReference{Type: "VirtualMachineSnapshot", Value: value}).(*simulator.VirtualMachineSnapshot)
		if !ok {
			soapFault(w, "ManagedObjectNotFound", "The snapshot has already been deleted", "")
			return
		}
		for _, device := range snapshot.Config.Hardware.Device {
			if one, ok := device.(*types.VirtualDisk); ok && int(one.Key) == key {
				_, _ = fmt.Sscanf(path.Base(one.Backing.(*types.VirtualDiskFlatVer2BackingInfo).ChangeId), "%d", &until)
			}
		}
	} else if vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
		soapFault(w, "InvalidPowerState", "A running VM needs a snapshot", "<requestedState>poweredOff</requestedState><existingState>poweredOn</existingState>")
		return
	}
	if disk == nil || start < 0 || start >= disk.CapacityInBytes {
		soapFault(w, "InvalidArgument", "A specified parameter was not correct: deviceKey or startOffset", "<invalidProperty>deviceKey</invalidProperty>")
		return
	}
	end := start + windowBytes
	if end > disk.CapacityInBytes {
		end = disk.CapacityInBytes
	}
	changed := map[int64]bool{}
	if id := text(body, "changeId"); id == "*" {
		for _, block := range used(flatOf(vm, disk), start, end) {
			changed[block] = true
		}
	} else {
		since := 0
		if !strings.HasPrefix(id, state.id+"/") {
			soapFault(w, "InvalidArgument", "A specified parameter was not correct: changeId", "<invalidProperty>changeId</invalidProperty>")
			return
		}
		_, _ = fmt.Sscanf(path.Base(id), "%d", &since)
		for _, one := range state.writes {
			if one.epoch >= since && one.epoch < until && one.offset >= start && one.offset < end {
				changed[one.offset] = true
			}
		}
	}
	areas := ""
	for at := start; at < end; at += blockBytes {
		if changed[at] {
			areas += fmt.Sprintf("<changedArea><start>%d</start><length>%d</length></changedArea>", at, blockBytes)
		}
	}
	soapReply(w, http.StatusOK, fmt.Sprintf(
		`<QueryChangedDiskAreasResponse xmlns="urn:vim25"><returnval><startOffset>%d</startOffset><length>%d</length>%s</returnval></QueryChangedDiskAreasResponse>`, start, end-start, areas))
}

func used(file string, start, end int64) []int64 {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	var blocks []int64
	buffer := make([]byte, blockBytes)
	for at := start; at < end; at += blockBytes {
		n, err := f.ReadAt(buffer, at)
		if err != nil && err != io.EOF {
			break
		}
		if strings.Trim(string(buffer[:n]), "\x00") != "" {
			blocks = append(blocks, at)
		}
	}
	return blocks
}
