// Command metrics serves the two metrics APIs that autoscalers ask, with the values of a file: {"METRIC": value of each
// pod}, and "cpu" in cores. It stands for metrics-server and an adapter of Prometheus, where pods are not running.
//
//	metrics LISTEN VALUES-FILE API-SERVER TOKEN
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	resources = "metrics.k8s.io/v1beta1"
	custom    = "custom.metrics.k8s.io/v1beta2"
)

type server struct {
	values, api, token string
	client             *http.Client
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: metrics LISTEN VALUES-FILE API-SERVER TOKEN")
	}
	// The API server's certificate is made anew for each run, like this one's.
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: 5 * time.Second}
	s := &server{values: os.Args[2], api: os.Args[3], token: os.Args[4], client: trusting}
	mux := http.NewServeMux()
	mux.HandleFunc("/apis/"+resources, discovery(resources, "pods", "PodMetrics"))
	mux.HandleFunc("/apis/"+custom, discovery(custom, "pods/any", "MetricValueList"))
	mux.HandleFunc("/apis/"+resources+"/namespaces/{namespace}/pods", s.usage)
	mux.HandleFunc("/apis/"+custom+"/namespaces/{namespace}/pods/{pod}/{metric}", s.custom)
	listener := &http.Server{Addr: os.Args[1], Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate()}}}
	log.Fatal(listener.ListenAndServeTLS("", ""))
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func discovery(version, name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, metav1.APIResourceList{
			TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
			GroupVersion: version,
			APIResources: []metav1.APIResource{{Name: name, Namespaced: true, Kind: kind, Verbs: []string{"get", "list"}}},
		})
	}
}

func (s *server) usage(w http.ResponseWriter, r *http.Request) {
	s.each(w, r, "cpu", resources, "PodMetricsList", func(pod corev1.Pod, value resource.Quantity) any {
		return map[string]any{
			"metadata":   map[string]any{"name": pod.Name, "namespace": pod.Namespace, "labels": pod.Labels},
			"timestamp":  metav1.Now(),
			"window":     "10s",
			"containers": []any{map[string]any{"name": pod.Spec.Containers[0].Name, "usage": map[string]any{"cpu": value, "memory": "1Gi"}}},
		}
	})
}

func (s *server) custom(w http.ResponseWriter, r *http.Request) {
	metric := r.PathValue("metric")
	s.each(w, r, metric, custom, "MetricValueList", func(pod corev1.Pod, value resource.Quantity) any {
		return map[string]any{
			"describedObject": map[string]any{"kind": "Pod", "apiVersion": "/v1", "namespace": pod.Namespace, "name": pod.Name},
			"metric":          map[string]any{"name": metric},
			"timestamp":       metav1.Now(),
			"value":           value,
		}
	})
}

// Answers with an item for each pod that the caller's selector finds, or 404 for a metric that the file has not.
func (s *server) each(w http.ResponseWriter, r *http.Request, metric, version, kind string, item func(corev1.Pod, resource.Quantity) any) {
	value, err := s.value(metric)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	pods, err := s.pods(r.PathValue("namespace"), r.URL.Query().Get("labelSelector"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	items := []any{}
	for _, pod := range pods {
		items = append(items, item(pod, value))
	}
	answer(w, map[string]any{"kind": kind, "apiVersion": version, "metadata": map[string]any{}, "items": items})
}

func (s *server) value(metric string) (resource.Quantity, error) {
	text, err := os.ReadFile(s.values)
	if err != nil {
		return resource.Quantity{}, err
	}
	values := map[string]resource.Quantity{}
	if err := json.Unmarshal(text, &values); err != nil {
		return resource.Quantity{}, err
	}
	value, found := values[metric]
	if !found {
		return value, fmt.Errorf("no metric %s", metric)
	}
	return value, nil
}

func (s *server) pods(namespace, selector string) ([]corev1.Pod, error) {
	request, err := http.NewRequest("GET", s.api+"/api/v1/namespaces/"+namespace+"/pods?labelSelector="+url.QueryEscape(selector), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(s.token))
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var list corev1.PodList
	err = json.NewDecoder(response.Body).Decode(&list)
	return list.Items, err
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}
