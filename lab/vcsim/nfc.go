// What vcsim lacks of export leases: it has none. A lease serves a VM's disks as stream-optimised VMDKs, written here as a host writes them: only
// what is allocated, tables behind the grains, an end marker.
package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const grainBytes = 64 << 10

const exportTimeout = 6 * time.Second

// A lease whose stream was held stands so long, whatever becomes of its client.
const held = 10 * time.Minute

// lease is an object whose properties the simulator's own collector reads.
type lease struct {
	mo.HttpNfcLease
}

type nfcDisk struct {
	file   string
	length int64
}

type leases struct {
	lock  sync.Mutex
	next  int
	open  map[string][]nfcDisk
	ofVM  map[string]string
	cut   int // streams that end early from now on
	hold  int // streams that stop in their middle until the client goes away
	held  int // of those, how many have
	told  int
	ended map[string]string

	account *url.URL // this server, with its account
	imports map[string]*importing
	exports map[string]time.Time // when something was told of it last
	orders  importOrders
}

func later(one, other time.Time) time.Time {
	if one.After(other) {
		return one
	}
	return other
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// forget is called with the lock held.
func (l *leases) forget(id, how string) {
	l.ended[id] = how
	delete(l.open, id)
	delete(l.imports, id)
	delete(l.exports, id)
	for vm, held := range l.ofVM {
		if held == id {
			delete(l.ofVM, vm)
		}
	}
	simulator.Map.Remove(types.ManagedObjectReference{Type: "HttpNfcLease", Value: id})
}

// holds tells whether a lease stands on a VM: then nothing else is done with it.
func (l *leases) holds(vm string) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	_, held := l.ofVM[vm]
	return held
}

func (l *leases) export(w http.ResponseWriter, method string, ref types.ManagedObjectReference, self, thumbprint string) {
	vm, ok := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	if snapshot, isSnapshot := simulator.Map.Get(ref).(*simulator.VirtualMachineSnapshot); isSnapshot {
		vm, ok = simulator.Map.Get(snapshot.Vm).(*simulator.VirtualMachine)
	} else if ok && vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
		soapFault(w, "InvalidPowerState", "A running VM is not exported", "<requestedState>poweredOff</requestedState><existingState>poweredOn</existingState>")
		return
	} else if ok && vm.Config.Template {
		soapFault(w, "InvalidState", "The operation is not allowed in the current state", "")
		return
	}
	if !ok {
		soapFault(w, "ManagedObjectNotFound", "The object has already been deleted", "")
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if holder, busy := l.ofVM[ref.Value]; busy {
		if soon := time.Now().Add(2*time.Second - exportTimeout); l.exports[holder].After(time.Now()) {
			// One whose stream was held stands until somebody else has met it.
			l.exports[holder] = soon
		}
		soapFault(w, "TaskInProgress", "The operation is not allowed while it is exported", "")
		return
	}
	l.next++
	id := fmt.Sprintf("labnfc-%d", l.next)
	info := &types.HttpNfcLeaseInfo{Lease: types.ManagedObjectReference{Type: "HttpNfcLease", Value: id}, Entity: vm.Self, LeaseTimeout: 3}
	for _, disk := range disksOf(vm) {
		n := len(l.open[id])
		info.DeviceUrl = append(info.DeviceUrl, types.HttpNfcLeaseDeviceUrl{
			Key: fmt.Sprintf("/%s/%s", vm.Self.Value, placeOf(vm, disk)), Url: fmt.Sprintf("%s/nfc/%s/disk-%d.vmdk", self, id, n), SslThumbprint: thumbprint, Disk: types.NewBool(true),
		})
		l.open[id] = append(l.open[id], nfcDisk{flatOf(vm, disk), disk.CapacityInBytes})
	}
	l.ofVM[ref.Value] = id
	l.exports[id] = time.Now()
	one := &lease{mo.HttpNfcLease{Self: info.Lease, Info: info, State: types.HttpNfcLeaseStateReady}}
	simulator.Map.Put(one)
	go l.watchExport(id)
	soapReply(w, http.StatusOK, fmt.Sprintf(`<%sResponse xmlns="urn:vim25"><returnval type="HttpNfcLease">%s</returnval></%sResponse>`, method, id, method))
}

// call answers what is said to a lease of ours; false: it is none.
func (l *leases) call(w http.ResponseWriter, method, id string) bool {
	l.lock.Lock()
	disks, ours := l.open[id]
	one := l.imports[id]
	if !ours {
		_, known := l.ended[id]
		l.lock.Unlock()
		if known {
			soapFault(w, "ManagedObjectNotFound", "The object has already been deleted or has not been completely created", "")
		}
		return known
	}
	switch {
	case method == "HttpNfcLeaseProgress":
		l.told++
		now := time.Now()
		if one != nil {
			one.told = later(one.told, now)
		} else {
			l.exports[id] = later(l.exports[id], now)
		}
		l.lock.Unlock()
	case one == nil:
		l.forget(id, method)
		l.lock.Unlock()
	case method == "HttpNfcLeaseAbort":
		l.lock.Unlock()
		l.end(id, method)
	case len(one.received) < len(disks):
		l.lock.Unlock()
		soapFault(w, "InvalidState", "Not all of its disks have come", "")
		return true
	default:
		l.forget(id, method)
		l.lock.Unlock()
	}
	soapReply(w, http.StatusOK, fmt.Sprintf(`<%sResponse xmlns="urn:vim25"></%sResponse>`, method, method))
	return true
}

func (l *leases) serve(w http.ResponseWriter, r *http.Request) {
	id, name := path.Base(path.Dir(r.URL.Path)), path.Base(r.URL.Path)
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, "disk-"), ".vmdk"))
	l.lock.Lock()
	disks := l.open[id]
	cut := l.cut > 0 && r.Method == http.MethodGet
	if cut {
		l.cut--
	}
	hold := l.hold > 0 && r.Method == http.MethodGet
	if hold {
		l.hold--
		l.exports[id] = time.Now().Add(held)
	}
	l.lock.Unlock()
	if err == nil && r.Method == http.MethodPost {
		l.take(w, r, id, n)
		return
	}
	if err != nil || n >= len(disks) || r.Method != http.MethodGet {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(disks[n].file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	var limit int64 = -1
	if cut || hold {
		limit = disks[n].length / 2
	}
	err = writeStream(w, f, disks[n].length, limit)
	if hold {
		w.(http.Flusher).Flush()
		l.waits(r)
	}
	if err != nil {
		hangUp(w, "")
	}
}

// waits holds a stream until the client has gone away.
func (l *leases) waits(r *http.Request) {
	l.lock.Lock()
	l.held++
	l.lock.Unlock()
	<-r.Context().Done()
}

// watchExport lets an export lease run out of which nobody tells anything: later than it says, so that a slow machine does not lose one.
func (l *leases) watchExport(id string) {
	for range time.Tick(200 * time.Millisecond) {
		l.lock.Lock()
		told, open := l.exports[id]
		late := open && time.Since(told) > exportTimeout
		if late {
			l.forget(id, "timeout")
		}
		l.lock.Unlock()
		if late || !open {
			return
		}
	}
}

// writeStream sends a disk as a host does. It stops early, and tells of it, behind the grains before limit.
func writeStream(w io.Writer, from io.ReaderAt, length, limit int64) error {
	sectors := func(b []byte) []byte { return append(b, make([]byte, (512-len(b)%512)%512)...) }
	descriptor := fmt.Sprintf("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\nRDONLY %d SPARSE \"disk.vmdk\"\n", length/512)
	head := func(directory uint64) []byte {
		b := make([]byte, 512)
		copy(b, "KDMV")
		le := binary.LittleEndian
		le.PutUint32(b[4:], 3)
		le.PutUint32(b[8:], 0x30001)
		le.PutUint64(b[12:], uint64(length/512))
		le.PutUint64(b[20:], grainBytes/512)
		le.PutUint64(b[28:], 1)
		le.PutUint64(b[36:], 20)
		le.PutUint32(b[44:], 512)
		le.PutUint64(b[56:], directory)
		le.PutUint64(b[64:], 128)
		copy(b[73:], "\n \r\n")
		le.PutUint16(b[77:], 1)
		return b
	}
	marker := func(count uint64, kind uint32) []byte {
		b := make([]byte, 512)
		binary.LittleEndian.PutUint64(b, count)
		binary.LittleEndian.PutUint32(b[12:], kind)
		return b
	}
	at := uint64(0)
	put := func(b []byte) error {
		at += uint64(len(b) / 512)
		_, err := w.Write(b)
		return err
	}
	first := make([]byte, 128*512)
	copy(first, head(0xffffffffffffffff))
	copy(first[512:], descriptor)
	if err := put(first); err != nil {
		return err
	}
	grains := (length + grainBytes - 1) / grainBytes
	tables := make([][]byte, (grains+511)/512)
	for grain := int64(0); grain < grains; grain++ {
		content := make([]byte, grainBytes)
		n, _ := from.ReadAt(content, grain*grainBytes)
		if bytes.Count(content[:n], []byte{0}) == n {
			continue
		}
		if limit >= 0 && grain*grainBytes >= limit {
			return io.ErrUnexpectedEOF
		}
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		_, _ = z.Write(content)
		_ = z.Close()
		b := make([]byte, 12)
		binary.LittleEndian.PutUint64(b, uint64(grain*grainBytes/512))
		binary.LittleEndian.PutUint32(b[8:], uint32(packed.Len()))
		if tables[grain/512] == nil {
			tables[grain/512] = make([]byte, 2048)
		}
		binary.LittleEndian.PutUint32(tables[grain/512][grain%512*4:], uint32(at))
		if err := put(sectors(append(b, packed.Bytes()...))); err != nil {
			return err
		}
	}
	directory := make([]byte, len(tables)*4)
	for i, table := range tables {
		if table != nil {
			_ = put(marker(4, 1))
			binary.LittleEndian.PutUint32(directory[i*4:], uint32(at))
			_ = put(table)
		}
	}
	directory = sectors(directory)
	_ = put(marker(uint64(len(directory)/512), 2))
	where := at
	_ = put(directory)
	_ = put(marker(1, 3))
	_ = put(head(where))
	return put(marker(0, 0))
}
