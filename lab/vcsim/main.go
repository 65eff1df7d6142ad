// vcsim: govmomi's vCenter simulator as the tests use it. Debian has the library and no binary, so this is the few lines around it, with
// what it lacks for moves in tracking.go and faults on order in faults.go.
//
// It prints one line of JSON when it listens: its URL, its certificate and the SHA-256 thumbprint of it, and the folder behind each datastore.
// It ends when its standard input does, so that it cannot outlive the test that started it.
package main

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// autoStartManager is what the simulator's hosts name and do not have: which VMs start with their host.
type autoStartManager struct {
	mo.HostAutoStartManager

	lock sync.Mutex
}

func (m *autoStartManager) ReconfigureAutostart(req *types.ReconfigureAutostart) soap.HasFault {
	m.lock.Lock()
	defer m.lock.Unlock()
	if req.Spec.Defaults != nil {
		m.Config.Defaults = req.Spec.Defaults
	}
	for _, wanted := range req.Spec.PowerInfo {
		kept := m.Config.PowerInfo[:0]
		for _, one := range m.Config.PowerInfo {
			if one.Key != wanted.Key {
				kept = append(kept, one)
			}
		}
		m.Config.PowerInfo = kept
		if wanted.StartAction != "none" {
			m.Config.PowerInfo = append(m.Config.PowerInfo, wanted)
		}
	}
	return &methods.ReconfigureAutostartBody{Res: new(types.ReconfigureAutostartResponse)}
}

func colons(hash [sha1.Size]byte) string {
	parts := make([]string, len(hash))
	for i, one := range hash {
		parts[i] = fmt.Sprintf("%02X", one)
	}
	return strings.Join(parts, ":")
}

func main() {
	vms := flag.Int("vms", 0, "virtual machines to begin with")
	hosts := flag.Int("hosts", 1, "hosts in the cluster")
	datastores := flag.Int("datastores", 1, "datastores")
	pools := flag.Int("pools", 0, "resource pools in the cluster")
	esx := flag.Bool("esx", false, "a bare ESXi host in place of a vCenter")
	guests := flag.Bool("guests", false, "play a guest in every VM that runs")
	verbose := flag.Bool("v", false, "say what is called")
	flag.Parse()
	if !*verbose {
		log.SetOutput(io.Discard)
	}

	model := simulator.VPX()
	if *esx {
		model = simulator.ESX()
	} else {
		model.Host = 0
		model.ClusterHost = *hosts
	}
	model.Machine = *vms
	model.Pool = *pools
	model.Folder = 0
	model.Datastore = *datastores
	model.Autostart = false
	defer model.Remove()
	if err := model.Create(); err != nil {
		fmt.Fprintln(os.Stderr, "vcsim:", err)
		os.Exit(1)
	}

	// Two of them are two places.
	content := simulator.Map.Get(types.ManagedObjectReference{Type: "ServiceInstance", Value: "ServiceInstance"}).(*simulator.ServiceInstance)
	content.Content.About.InstanceUuid = uuid.New().String()

	for _, one := range simulator.Map.All("HostSystem") {
		host := one.(*simulator.HostSystem)
		manager := new(autoStartManager)
		manager.Self = types.ManagedObjectReference{Type: "HostAutoStartManager", Value: "autostart-" + host.Self.Value}
		manager.Config.Defaults = &types.AutoStartDefaults{Enabled: types.NewBool(true)}
		simulator.Map.Put(manager)
		host.ConfigManager.AutoStartManager = &manager.Self
		host.Summary.Config.VmotionEnabled = true
	}

	model.Service.TLS = new(tls.Config)
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword("root", "secret of the lab")}
	server := model.Service.NewServer()
	defer server.Close()

	// Where a client finds the hosts themselves.
	port, _ := strconv.Atoi(server.URL.Port())
	for _, one := range simulator.Map.All("HostSystem") {
		host := one.(*simulator.HostSystem)
		host.Summary.Config.Name, host.Summary.Config.Port = server.URL.Hostname(), int32(port)
	}

	tracked := &tracker{everywhere: *guests, vms: map[types.ManagedObjectReference]*vmState{}}
	moves := &relocations{self: server.URL, cancelled: map[string]bool{}}
	server.Config.Handler = &front{next: server.Config.Handler, tracker: tracked, moves: moves, self: "https://" + server.URL.Host, sha1: colons(sha1.Sum(server.Certificate().Raw)),
		leases: &leases{account: server.URL, imports: map[string]*importing{}, exports: map[string]time.Time{}, open: map[string][]nfcDisk{}, ofVM: map[string]string{}, ended: map[string]string{}}, faults: map[string]*fault{}, calls: map[string]int{}}
	go tracked.play()

	folders := map[string]string{}
	for _, one := range simulator.Map.All("Datastore") {
		store := one.(*simulator.Datastore)
		folders[store.Name] = store.Info.GetDatastoreInfo().Url
	}
	thumbprint := sha256.Sum256(server.Certificate().Raw)
	address := *server.URL
	address.User = nil
	line, _ := json.Marshal(map[string]interface{}{
		"url": address.String(), "thumbprint": hex.EncodeToString(thumbprint[:]), "datastores": folders,
		"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	})
	fmt.Println(string(line))
	_, _ = io.Copy(io.Discard, os.Stdin)
}
