package manifests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func rendered(t *testing.T) string {
	folder := os.Getenv("MANIFESTS")
	if folder == "" {
		t.Skip("MANIFESTS names no folder: run .ci/kubernetes, which renders them")
	}
	return folder
}

func sets(t *testing.T) []*Set {
	all, err := Load(rendered(t))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestManifestsKeepTheRules(t *testing.T) {
	for _, set := range sets(t) {
		for name, rule := range Rules {
			for _, complaint := range rule(set) {
				t.Errorf("%s: %s: %s", set.Name, name, complaint)
			}
		}
	}
}

// Each rule is broken once, by an edit of what is there: a rule that cannot fail says nothing.
func TestRulesNoticeWhatIsBroken(t *testing.T) {
	breaks := map[string][][3]string{ // rule: set, what to replace, by what
		"images are pinned": {
			{"laptop", "/pruner-svc:0.1.0-SNAPSHOT", "/pruner-svc"},
			{"laptop", "/pruner-svc:0.1.0-SNAPSHOT", "/pruner-svc:latest"},
			{"laptop", "localhost/winnow/pruner-svc:0.1.0-SNAPSHOT", "localhost:5000/winnow/pruner-svc"}},
		"containers are bounded": {
			{"laptop", "limits:\n            memory: 4Gi", "limits: {}"},
			{"laptop", "cpu: 250m\n            memory: 4Gi", "cpu: 250m\n            memory: 1Gi"}},
		"containers are locked down": {
			{"laptop", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"},
			{"laptop", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"},
			{"laptop", "- ALL", "- NET_RAW"}},
		"settings are files":           {{"laptop", "name: SMALLRYE_CONFIG_LOCATIONS", "name: WINNOW_DECODER_SLOTS"}},
		"ONNX Runtime does not report": {{"gpu", "name: ORT_DISABLE_TELEMETRY", "name: ORT_DISABLE_TELEMETRIE"}},
		"the JVM fits its container": {
			{"laptop", "-Xmx1g -XX:MaxDirectMemorySize=1280m", "-Xmx3g -XX:MaxDirectMemorySize=1280m"},
			{"laptop", "-XX:MaxDirectMemorySize=1280m ", ""},
			{"laptop", "winnow.io/native-memory: 1Gi", "winnow.io/native-memory: 2Gi"}},
		"pods are probed": {
			{"laptop", "startupProbe:", "startProbe:"},
			{"laptop", "grpc:\n            port: 7102", "grpc:\n            port: 7199"}},
		"pods have an identity and no token": {
			{"laptop", "serviceAccountName: pruner-svc", "serviceAccountName: default"},
			{"laptop", "automountServiceAccountToken: false", "automountServiceAccountToken: true"}},
		"pods end in peace": {
			{"laptop", "terminationGracePeriodSeconds: 690", "terminationGracePeriodSeconds: 600"},
			{"laptop", "preStop:", "postStart:"},
			{"laptop", "winnow.decoder.drain-timeout=310s", "winnow.decoder.drain-timeout=60s"},
			{"laptop", "winnow.http.answer-timeout=300s", "winnow.http.answer-timeout=301s"},
			{"laptop", "quarkus.shutdown.delay=60s", "quarkus.shutdown.delay=30s"},
			{"laptop", "quarkus.shutdown.delay=60s", "quarkus.shutdown.delay=90s"},
			{"laptop", "winnow.mesh.max-connection-age=30s", "winnow.mesh.max-connection-age=60s"},
			{"laptop", "seconds: 45", "seconds: 10"},
			{"gpu", "terminationGracePeriodSeconds: 390", "terminationGracePeriodSeconds: 350"},
			{"gpu", "--exit-timeout-secs=310", "--exit-timeout-secs=300"},
			{"gpu+gateway-inference", "terminationGracePeriodSeconds: 360", "terminationGracePeriodSeconds: 300"}},
		"pods are spread":          {{"laptop", "topologyKey: topology.kubernetes.io/zone", "topologyKey: zone"}},
		"disruptions are budgeted": {{"laptop", "kind: PodDisruptionBudget", "kind: Nothing"}},
		"what is mounted is there": {{"gpu", "claimName: models", "claimName: model"}, {"gpu+mtls", "secretName: pruner-svc-mesh\n  uris", "secretName: pruner-mesh\n  uris"}},
		"services lead to ports":   {{"laptop", "targetPort: http", "targetPort: htp"}, {"laptop", "containerPort: 7101", "containerPort: 7104"}},
		"services say what they speak": {
			{"gpu", "appProtocol: kubernetes.io/h2c", "appProtocol: https"},
			{"gpu+mtls", "winnow.mesh.tls.certificate=", "winnow.mesh.tls.other="},
			{"gpu+gateway-inference", "--secure-serving=true", "--secure-serving=false"}},
		"settings lead to services": {
			{"laptop", "winnow.encoder.target=vision-encoder-svc:", "winnow.encoder.target=vision-encoder:"},
			{"gpu", "winnow.triton.endpoints=triton:8001", "winnow.triton.endpoints=triton:8003"},
			{"laptop+otel-collector", "http://otel-collector:4318\n", "http://otel-collector:4316\n"},
			{"gpu+otel-collector", "http://otel-collector:4318/v1", "http://otel-colector:4318/v1"}},
		"what listens is where its port says": {
			{"gpu", "--grpc-port=8001", "--grpc-port=8003"},
			{"gpu+otel-collector", "0.0.0.0:13133", "0.0.0.0:13134"},
			{"gpu+otel-collector", "path: /var/lib/traces/", "path: /var/lib/trace/"}},
		"certificates say whose they are": {
			{"gpu+mtls", "  - spiffe://winnow/ns/winnow/sa/decoder-svc", "  - spiffe://winnow/ns/winnow/sa/decoder"},
			{"gpu+mtls", "  - server auth", "  - signing"},
			{"gpu+mtls", "identity=spiffe://winnow/ns/winnow/sa/pruner-svc", "identity=spiffe://winnow/ns/winnow/sa/pruner"}},
		"what Prometheus scrapes is there": {
			{"gpu+monitoring", "    - decoder-svc\n", "    - decoder\n"},
			{"gpu+monitoring", "port: metrics", "port: http"},
			{"laptop+monitoring", "path: /q/metrics", "path: /metrics"},
			{"laptop+monitoring", "jobLabel: app.kubernetes.io/name", "jobLabel: app.kubernetes.io/part-of"}},
		"a gateway's way leads to decoders": {
			{"gpu+gateway-inference", "number: 8080", "number: 8081"},
			{"gpu+gateway-inference", "number: 9002", "number: 9003"},
			{"gpu+gateway-inference", "--pool-name=winnow", "--pool-name=other"},
			{"gpu+gateway-inference", "metrics-path=/q/metrics", "metrics-path=/metrics"},
			{"gpu+gateway-inference", "kind: InferencePool\n      name: winnow", "kind: InferencePool\n      name: other"},
			{"gpu+gateway-inference", "request: 360s", "request: 300s"}},
		"what comes first does not reserve more": {
			{"laptop", "cpu: 250m\n            memory: 1280Mi", "cpu: 500m\n            memory: 1280Mi"},
			{"laptop", "memory: 1280Mi", "memory: 2Gi"}},
		"all export the same, and for the GPU": {
			{"gpu", "- fp16", "- int8"},
			{"gpu", "name: recipes\n          readOnly: true\n      enableServiceLinks: false\n      initContainers:\n      - args:\n        - export", "name: recipes\n          readOnly: true\n      enableServiceLinks: false\n      initContainers:\n      - args:\n        - import"}},
		"scale-in is slower than an answer": {
			{"gpu+autoscaling-hpa", "stabilizationWindowSeconds: 720", "stabilizationWindowSeconds: 60"},
			{"gpu+autoscaling-hpa", "periodSeconds: 690", "periodSeconds: 721"},
			{"gpu+autoscaling-keda", "stabilizationWindowSeconds: 720", "stabilizationWindowSeconds: 600"}},
		"traces are judged whole": {
			{"gpu+otel-collector", "decision_wait: 310s", "decision_wait: 300s"},
			{"gpu+otel-collector", "winnow.http.answer-timeout=300s", "winnow.http.answer-timeout=600s"}},
		"the latest traces fit their volume": {
			{"gpu+otel-collector", "max_backups: 3", "max_backups: 7"},
			{"gpu+otel-collector", "max_backups: 3", "max_backups: 0"},
			{"gpu+otel-collector", "sizeLimit: 128Mi", "sizeLimit: 64Mi"}},
		"autoscalers and manifests do not disagree": {
			{"gpu+autoscaling-hpa", "progressDeadlineSeconds: 1200", "replicas: 2"},
			{"gpu+autoscaling-keda", "    name: decoder-svc\n  triggers", "    name: decoder\n  triggers"}},
	}
	for name, rule := range Rules {
		if len(breaks[name]) == 0 {
			t.Errorf("%s: nothing here breaks it", name)
		}
		for _, b := range breaks[name] {
			text, err := os.ReadFile(filepath.Join(rendered(t), b[0]+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			// Long lines may have been folded.
			broken := strings.ReplaceAll(string(text), b[1], b[2])
			if broken == string(text) {
				t.Errorf("%s: %q is not in %s", name, b[1], b[0])
				continue
			}
			set, err := Parse(b[0], broken)
			if err != nil {
				t.Fatalf("%s: %s", name, err)
			}
			if len(rule(set)) == 0 {
				t.Errorf("%s: does not notice %q instead of %q", name, b[2], b[1])
			}
		}
	}
}

// The images that `mvn package -Pimages` writes have these names, with the project's version.
func TestManifestsNameTheImagesThatAreBuilt(t *testing.T) {
	pom, err := os.ReadFile("../../../pom.xml")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`<version>([^<]+)</version>`).FindSubmatch(pom)[1]
	for _, set := range sets(t) {
		for _, deployment := range set.Deployments {
			for _, container := range slices.Concat(deployment.Spec.Template.Spec.InitContainers, deployment.Spec.Template.Spec.Containers) {
				image := ImageName(container.Image)
				if slices.Contains(jvm, image) && container.Image != "localhost/winnow/"+image+":"+string(version) {
					t.Errorf("%s: %s", set.Name, container.Image)
				}
			}
		}
	}
}

// An autoscaler that waits for a metric of another name does nothing, and says so only in its events.
func TestAutoscalersAskForMetricsThatExist(t *testing.T) {
	documented, err := os.ReadFile("../../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	metric := regexp.MustCompile(`\bwinnow_[a-z_]+`)
	text := string(documented)
	for _, set := range sets(t) {
		var asked []string
		for _, autoscaler := range set.Autoscalers {
			for _, spec := range autoscaler.Spec.Metrics {
				if spec.Pods != nil {
					asked = append(asked, spec.Pods.Metric.Name)
				}
			}
		}
		for _, scaled := range set.Scaled {
			for _, trigger := range scaled.Spec.Triggers {
				asked = append(asked, metric.FindAllString(trigger.Metadata["query"], -1)...)
			}
		}
		for _, deployment := range set.Deployments {
			for _, arg := range deployment.Spec.Template.Spec.Containers[0].Args {
				asked = append(asked, metric.FindAllString(arg, -1)...)
			}
		}
		for _, name := range asked {
			if !regexp.MustCompile("\\b" + name + "\\b").MatchString(text) {
				t.Errorf("%s: docs/telemetry.md knows no %s", set.Name, name)
			}
		}
	}
}
