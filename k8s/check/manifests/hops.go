package manifests

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Party is a pod, here or in another namespace, or an address outside.
type Party struct {
	Name            string
	Labels          labels.Set
	NamespaceLabels labels.Set
	Ports           []corev1.ContainerPort
	Address         netip.Addr // valid for an address only
	Outside         bool       // no policy of the set's namespace holds for it
}

// MayTalk says whether the policies let a connection through, at both ends.
func MayTalk(policies []networkingv1.NetworkPolicy, from, to Party, protocol corev1.Protocol, port int32) bool {
	return (from.Outside || allowed(policies, networkingv1.PolicyTypeEgress, from, to, to, protocol, port)) &&
		(to.Outside || allowed(policies, networkingv1.PolicyTypeIngress, to, from, to, protocol, port))
}

// A pod that no policy of this type selects is open; of those that do, one has to allow it.
func allowed(policies []networkingv1.NetworkPolicy, kind networkingv1.PolicyType, self, peer, to Party, protocol corev1.Protocol, port int32) bool {
	open := true
	for _, policy := range policies {
		if !slices.Contains(policy.Spec.PolicyTypes, kind) || !matches(&policy.Spec.PodSelector, self.Labels) {
			continue
		}
		open = false
		if kind == networkingv1.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				if covers(rule.From, peer) && hasNetworkPort(rule.Ports, to, protocol, port) {
					return true
				}
			}
			continue
		}
		for _, rule := range policy.Spec.Egress {
			if covers(rule.To, peer) && hasNetworkPort(rule.Ports, to, protocol, port) {
				return true
			}
		}
	}
	return open
}

func covers(peers []networkingv1.NetworkPolicyPeer, party Party) bool {
	if len(peers) == 0 {
		return true
	}
	return slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if peer.IPBlock != nil {
			return party.Address.IsValid() && inBlock(*peer.IPBlock, party.Address)
		}
		if party.Address.IsValid() {
			return false
		}
		if peer.NamespaceSelector == nil {
			return !party.Outside && matches(peer.PodSelector, party.Labels)
		}
		return matches(peer.NamespaceSelector, party.NamespaceLabels) &&
			(peer.PodSelector == nil || matches(peer.PodSelector, party.Labels))
	})
}

func inBlock(block networkingv1.IPBlock, address netip.Addr) bool {
	return netip.MustParsePrefix(block.CIDR).Contains(address) &&
		!slices.ContainsFunc(block.Except, func(except string) bool {
			return netip.MustParsePrefix(except).Contains(address)
		})
}

func matches(selector *metav1.LabelSelector, of labels.Set) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(of)
}

// A named port is the port that the pod called has under this name.
func hasNetworkPort(ports []networkingv1.NetworkPolicyPort, to Party, protocol corev1.Protocol, wanted int32) bool {
	if len(ports) == 0 {
		return true
	}
	return slices.ContainsFunc(ports, func(port networkingv1.NetworkPolicyPort) bool {
		if port.Protocol != nil && *port.Protocol != protocol {
			return false
		}
		if port.Port == nil || port.Port.IntVal == wanted {
			return true
		}
		return slices.ContainsFunc(to.Ports, func(own corev1.ContainerPort) bool {
			return own.Name == port.Port.StrVal && own.ContainerPort == wanted
		})
	})
}
