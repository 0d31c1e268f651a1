package manifests

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// The hops of a request, docs/RATIONALE.md: nothing else may be open.
var hops = []string{
	"client -> decoder-svc:7103",
	"client -> decoder-svc:8080",
	"decoder-svc -> pruner-svc:7102",
	"decoder-svc -> triton:8001",
	"decoder-svc -> vision-encoder-svc:7101",
	"vision-encoder-svc -> triton:8001",
	// Who measures.
	"prometheus -> decoder-svc:8080",
	"prometheus -> pruner-svc:7112",
	"prometheus -> triton:8002",
	"prometheus -> vision-encoder-svc:7111",
	// Names.
	"decoder-svc -> kube-dns:53",
	"pruner-svc -> kube-dns:53",
	"triton -> kube-dns:53",
	"vision-encoder-svc -> kube-dns:53",
	"decoder-svc -> kube-dns:53/UDP",
	"pruner-svc -> kube-dns:53/UDP",
	"triton -> kube-dns:53/UDP",
	"vision-encoder-svc -> kube-dns:53/UDP",
}

// Addresses that may be a cluster's own, or nobody's.
var unroutable = []string{
	"10.0.0.7", "100.64.0.1", "127.0.0.1", "192.168.1.1",
	// The other blocks of IANA's registries of special-purpose addresses, one of each.
	"0.0.0.1", "172.16.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
	"2001::1", "2001:db8::1", "2002:a00::1", "3fff::1", "fd12::1",
}

var more = map[string][]string{
	"gpu": nil,
	"gpu+picture-fetching": {
		"decoder-svc -> public:80", "decoder-svc -> public:443", "decoder-svc -> public6:80", "decoder-svc -> public6:443",
	},
	"gpu+otel-collector": {
		"decoder-svc -> otel-collector:4317", "pruner-svc -> otel-collector:4317",
		"triton -> otel-collector:4317", "vision-encoder-svc -> otel-collector:4317",
		"decoder-svc -> otel-collector:4318", "pruner-svc -> otel-collector:4318",
		"triton -> otel-collector:4318", "vision-encoder-svc -> otel-collector:4318",
		"otel-collector -> kube-dns:53", "otel-collector -> kube-dns:53/UDP", "otel-collector -> traces:4317",
		"otel-collector -> prometheus:4317", // the namespace is allowed as a whole
	},
	"gpu+gateway-inference": append(reaches("endpoint-picker", slices.Concat([]string{"public", "public6"}, unroutable), 443, 6443),
		"client -> endpoint-picker:9002", "endpoint-picker -> decoder-svc:8080",
		"endpoint-picker -> kube-dns:53", "endpoint-picker -> kube-dns:53/UDP"),
}

// The API server may be at any address but a metadata service's.
func reaches(from string, to []string, ports ...int) []string {
	var hops []string
	for _, one := range to {
		for _, port := range ports {
			hops = append(hops, fmt.Sprintf("%s -> %s:%d", from, one, port))
		}
	}
	return hops
}

func outside() []Party {
	namespace := func(name string, more ...string) labels.Set {
		set := labels.Set{"kubernetes.io/metadata.name": name}
		for _, label := range more {
			set[label] = "true"
		}
		return set
	}
	address := func(name, ip string) Party {
		return Party{Name: name, Address: netip.MustParseAddr(ip), Outside: true}
	}
	parties := []Party{
		{Name: "client", Outside: true, NamespaceLabels: namespace("clients", "winnow.io/clients"), Labels: labels.Set{name: "client"}},
		{Name: "stranger", Outside: true, NamespaceLabels: namespace("other"), Labels: labels.Set{name: "decoder-svc"}},
		{Name: "prometheus", Outside: true, NamespaceLabels: namespace("monitoring"), Labels: labels.Set{name: "prometheus"}},
		{Name: "traces", Outside: true, NamespaceLabels: namespace("monitoring"), Labels: labels.Set{name: "tempo"}},
		{Name: "kube-dns", Outside: true, NamespaceLabels: namespace("kube-system"), Labels: labels.Set{"k8s-app": "kube-dns"}},
		{Name: "kube-proxy", Outside: true, NamespaceLabels: namespace("kube-system"), Labels: labels.Set{"k8s-app": "kube-proxy"}},
		address("metadata", "169.254.169.254"),
		address("metadata-aws6", "fd00:ec2::254"),
		address("metadata-gcp6", "fd20:ce::254"),
		address("metadata-azure", "168.63.129.16"),
		address("mapped6", "64:ff9b::a9fe:a9fe"),
		address("link6", "fe80::1"),
		address("public", "93.184.216.34"),
		address("public6", "2606:4700::1111"),
	}
	for _, ip := range unroutable {
		parties = append(parties, address(ip, ip))
	}
	return parties
}

func parties(set *Set) []Party {
	all := outside()
	for _, deployment := range set.Deployments {
		template := deployment.Spec.Template
		all = append(all, Party{
			Name:            deployment.Name,
			Labels:          template.Labels,
			NamespaceLabels: labels.Set{"kubernetes.io/metadata.name": "winnow"},
			Ports:           template.Spec.Containers[0].Ports,
		})
	}
	return all
}

// Every port that any pod listens on, and those by which much else does harm.
func ports(set *Set) []int32 {
	all := []int32{22, 53, 80, 443, 2379, 6443, 9100, 10250}
	for _, deployment := range set.Deployments {
		for _, port := range deployment.Spec.Template.Spec.Containers[0].Ports {
			all = append(all, port.ContainerPort)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func open(set *Set) []string {
	var found []string
	for _, from := range parties(set) {
		for _, to := range parties(set) {
			if from.Outside && to.Outside || from.Name == to.Name {
				continue
			}
			for _, port := range ports(set) {
				if MayTalk(set.Policies, from, to, corev1.ProtocolTCP, port) {
					found = append(found, fmt.Sprintf("%s -> %s:%d", from.Name, to.Name, port))
				}
				if MayTalk(set.Policies, from, to, corev1.ProtocolUDP, port) {
					found = append(found, fmt.Sprintf("%s -> %s:%d/UDP", from.Name, to.Name, port))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestExactlyTheHopsAreOpen(t *testing.T) {
	byName := map[string]*Set{}
	for _, set := range sets(t) {
		byName[set.Name] = set
	}
	// Policies of components add up, and open nothing between two of them.
	everything := slices.Concat(slices.Collect(maps.Values(more))...)
	expected := maps.Clone(more)
	expected["gpu+everything-hpa"], expected["gpu+everything-keda"] = everything, everything
	for name, further := range expected {
		set := byName[name]
		if set == nil {
			t.Fatalf("%s was not rendered", name)
		}
		wanted := slices.Sorted(slices.Values(slices.Concat(hops, further)))
		found := open(set)
		for _, hop := range found {
			if !slices.Contains(wanted, hop) {
				t.Errorf("%s: open, and should not be: %s", name, hop)
			}
		}
		for _, hop := range wanted {
			if !slices.Contains(found, hop) {
				t.Errorf("%s: closed, and should not be: %s", name, hop)
			}
		}
	}
}

// The evaluator against the cases that the API's own documentation spells out.
func TestPoliciesMeanWhatKubernetesSays(t *testing.T) {
	pod := func(name string, values ...string) Party {
		set := labels.Set{}
		for _, value := range values {
			key, v, _ := strings.Cut(value, "=")
			set[key] = v
		}
		return Party{Name: name, Labels: set, NamespaceLabels: labels.Set{"team": "a"}, Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}}}
	}
	elsewhere := pod("elsewhere", "app=web")
	elsewhere.Outside, elsewhere.NamespaceLabels = true, labels.Set{"team": "b"}
	web, db := pod("web", "app=web"), pod("db", "app=db")
	policy := func(spec string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: " + spec
	}
	cases := []struct {
		what     string
		policies []string
		from, to Party
		port     int32
		open     bool
	}{
		{"no policy: open", nil, elsewhere, web, 80, true},
		{"selected, no rule: closed", []string{"{podSelector: {}, policyTypes: [Ingress]}"}, db, web, 80, false},
		{"the other direction stays open", []string{"{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}"}, web, db, 80, true},
		{"an empty rule lets all in", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}"}, elsewhere, web, 80, true},
		{"a pod selector alone means this namespace", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}"}, elsewhere, db, 80, false},
		{"both selectors in one peer: both must match", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: db}}}]}]}"}, elsewhere, db, 80, false},
		{"as two peers: one is enough", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}, {podSelector: {matchLabels: {app: db}}}]}]}"}, elsewhere, db, 80, true},
		{"policies add up", []string{"{podSelector: {}, policyTypes: [Ingress]}", "{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}"}, db, web, 80, true},
		{"a named port is the pod's", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: web}]}]}"}, db, web, 8080, true},
		{"and no other", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: web}]}]}"}, db, web, 80, false},
		{"another protocol is another port", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80, protocol: UDP}]}]}"}, db, web, 80, false},
		{"egress counts at the sender", []string{"{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}"}, web, db, 80, false},
	}
	for _, c := range cases {
		var documents []string
		for _, spec := range c.policies {
			documents = append(documents, policy(spec))
		}
		set, err := Parse(c.what, strings.Join(documents, "\n---\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := MayTalk(set.Policies, c.from, c.to, corev1.ProtocolTCP, c.port); got != c.open {
			t.Errorf("%s: open is %v", c.what, got)
		}
	}
}

// Every address is closed off that a server-side request forgery would want.
func TestBrokenPoliciesAreNoticed(t *testing.T) {
	for _, edit := range [][2]string{
		{"gpu", "  - Egress\n"},
		{"gpu+picture-fetching", "        - 169.254.0.0/16\n"},
		{"gpu+picture-fetching", "        - 168.63.129.16/32\n"},
		{"gpu+picture-fetching", "        - 198.18.0.0/15\n"},
		{"gpu+picture-fetching", "        - 2002::/16\n"},
		{"gpu+gateway-inference", "        - fd20:ce::254/128\n"},
	} {
		set := edit[0]
		text, err := os.ReadFile(filepath.Join(rendered(t), set+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		broken, err := Parse(set, strings.ReplaceAll(string(text), edit[1], ""))
		if err != nil {
			t.Fatal(err)
		}
		wanted := slices.Concat(hops, more[set])
		if !slices.ContainsFunc(open(broken), func(hop string) bool { return !slices.Contains(wanted, hop) }) {
			t.Errorf("%s without %q: nothing more is open", set, edit[1])
		}
	}
}
