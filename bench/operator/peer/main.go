// The operator that a Go programmer would write for the same modules: controller-runtime, typed objects,
// CreateOrUpdate, one status update, without the client's rate limit. Only bench/operator/run.ts builds and runs it, and
// checks that it makes the same objects with the same statuses.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/prometheus/client_golang/prometheus"
)

// BotModule has the fields that the bench sets.
type BotModule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		ModuleName   string `json:"moduleName"`
		Image        string `json:"image"`
		Size         *int32 `json:"size,omitempty"`
		ModuleConfig string `json:"moduleConfig,omitempty"`
	} `json:"spec"`
	Status struct {
		ObservedGeneration int64              `json:"observedGeneration,omitempty"`
		Replicas           int32              `json:"replicas"`
		ReadyReplicas      int32              `json:"readyReplicas"`
		Selector           string             `json:"selector,omitempty"`
		Image              string             `json:"image,omitempty"`
		Conditions         []metav1.Condition `json:"conditions,omitempty"`
	} `json:"status,omitempty"`
}

type BotModuleList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BotModule `json:"items"`
}

func copied[T any](from *T) *T {
	into := new(T)
	bytes, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(bytes, into)
	}
	if err != nil {
		panic(err)
	}
	return into
}

func (m *BotModule) DeepCopyObject() runtime.Object {
	into := *m
	into.ObjectMeta = *m.ObjectMeta.DeepCopy()
	into.Status.Conditions = append([]metav1.Condition(nil), m.Status.Conditions...)
	return &into
}

func (l *BotModuleList) DeepCopyObject() runtime.Object { return copied(l) }

type reconciler struct {
	client.Client
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var module BotModule
	if err := r.Get(ctx, request.NamespacedName, &module); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "eevee-" + module.Name + "-module-config", Namespace: module.Namespace}}
	if _, err := controllerutil.CreateOrUpdate(ctx, r.Client, config, func() error {
		config.Labels = objectLabels(&module)
		config.Data = map[string]string{"config.yaml": module.Spec.ModuleConfig}
		return controllerutil.SetControllerReference(&module, config, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "eevee-" + module.Name + "-module", Namespace: module.Namespace}}
	if _, err := controllerutil.CreateOrUpdate(ctx, r.Client, deployment, func() error {
		fillDeployment(deployment, &module)
		return controllerutil.SetControllerReference(&module, deployment, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	before := copied(&module.Status)
	fillStatus(&module, deployment)
	after, _ := json.Marshal(module.Status)
	if old, _ := json.Marshal(before); string(old) == string(after) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, r.Status().Update(ctx, &module)
}

func objectLabels(module *BotModule) map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":       "bot-module",
		"app.kubernetes.io/instance":   module.Name,
		"app.kubernetes.io/component":  "module",
		"app.kubernetes.io/part-of":    "eevee",
		"app.kubernetes.io/managed-by": "eevee-operator",
		"eevee.bot/module":             module.Name,
	}
}

func fillDeployment(deployment *appsv1.Deployment, module *BotModule) {
	yes, no := true, false
	user, grace, mode := int64(1000), int64(30), int32(0o644)
	onMismatch := corev1.FSGroupChangeOnRootMismatch
	deployment.Labels = objectLabels(module)
	deployment.Spec.Replicas = module.Spec.Size
	if deployment.Spec.Selector == nil {
		deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "eevee.bot", "eevee.bot/module": module.Name}}
	}
	template := &deployment.Spec.Template
	template.Labels = objectLabels(module)
	template.Labels["app"] = "eevee.bot"
	template.Spec.AutomountServiceAccountToken = &no
	template.Spec.EnableServiceLinks = &no
	template.Spec.TerminationGracePeriodSeconds = &grace
	template.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, FSGroup: &user, FSGroupChangePolicy: &onMismatch,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	template.Spec.Volumes = []corev1.Volume{{Name: "module-config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: "eevee-" + module.Name + "-module-config"}, DefaultMode: &mode,
	}}}}
	if len(template.Spec.Containers) == 0 {
		template.Spec.Containers = []corev1.Container{{Name: "module"}}
	}
	container := &template.Spec.Containers[0]
	container.Image = module.Spec.Image
	container.ImagePullPolicy = corev1.PullIfNotPresent
	container.TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	container.Ports = []corev1.ContainerPort{{Name: "metrics", ContainerPort: 9000, Protocol: corev1.ProtocolTCP}}
	container.Env = []corev1.EnvVar{
		{Name: "NAMESPACE", Value: module.Namespace},
		{Name: "RESOURCE_NAME", Value: module.Name},
		{Name: "HTTP_API_PORT", Value: "9000"},
		{Name: "TERMINATION_GRACE_PERIOD_SECONDS", Value: "30"},
		{Name: "MODULE_CONFIG_PATH", Value: "/etc/module-config/config.yaml"},
	}
	container.VolumeMounts = []corev1.VolumeMount{{Name: "module-config", MountPath: "/etc/module-config", ReadOnly: true}}
	container.SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no,
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

func fillStatus(module *BotModule, deployment *appsv1.Deployment) {
	size := int32(1)
	if module.Spec.Size != nil {
		size = *module.Spec.Size
	}
	current := deployment.Status
	module.Status.ObservedGeneration = module.Generation
	module.Status.Replicas = current.Replicas
	module.Status.ReadyReplicas = current.ReadyReplicas
	module.Status.Selector = "app=eevee.bot,eevee.bot/module=" + module.Name
	module.Status.Image = module.Spec.Image
	isReady := current.ObservedGeneration == deployment.Generation && current.UpdatedReplicas == size && current.AvailableReplicas == size
	ready, reconciling, reason := metav1.ConditionUnknown, metav1.ConditionTrue, "Updating"
	if isReady {
		ready, reconciling, reason = metav1.ConditionTrue, metav1.ConditionFalse, "Ready"
	}
	message := fmt.Sprintf("%d/%d available", current.AvailableReplicas, size)
	for _, condition := range []metav1.Condition{
		{Type: "Ready", Status: ready, Reason: reason, Message: message},
		{Type: "Reconciling", Status: reconciling, Reason: reason},
		{Type: "Stalled", Status: metav1.ConditionFalse, Reason: reason},
	} {
		condition.ObservedGeneration = module.Generation
		meta.SetStatusCondition(&module.Status.Conditions, condition)
	}
}

func main() {
	log.SetLogger(zap.New())
	scheme := runtime.NewScheme()
	fatal(clientgoscheme.AddToScheme(scheme))
	group := schema.GroupVersion{Group: "eevee.bot", Version: "v1"}
	scheme.AddKnownTypeWithName(group.WithKind("BotModule"), &BotModule{})
	scheme.AddKnownTypeWithName(group.WithKind("BotModuleList"), &BotModuleList{})
	metav1.AddToGroupVersion(scheme, group)

	config := ctrl.GetConfigOrDie()
	config.QPS = -1
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_requests_total"}, []string{"method"})
	metrics.Registry.MustRegister(sent)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counting{next, sent} })

	namespace := os.Getenv("NAMESPACE")
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Cache:   cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		Metrics: metricsserver.Options{BindAddress: "127.0.0.1:" + os.Getenv("HTTP_API_PORT")},
	})
	fatal(err)
	fatal(ctrl.NewControllerManagedBy(manager).For(&BotModule{}).Owns(&appsv1.Deployment{}).Owns(&corev1.ConfigMap{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: 10}).Complete(&reconciler{manager.GetClient()}))
	fatal(manager.Start(ctrl.SetupSignalHandler()))
}

type counting struct {
	next http.RoundTripper
	sent *prometheus.CounterVec
}

func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	c.sent.WithLabelValues(request.Method).Inc()
	return c.next.RoundTrip(request)
}

func fatal(err error) {
	if err != nil {
		log.Log.Error(err, "cannot continue")
		os.Exit(1)
	}
}
