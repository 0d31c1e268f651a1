package io.winnow.runtime.mesh;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up again and again, so that a channel sees replicas come and go. gRPC's own resolver
 * looks again only once a connection is lost: a new replica beside healthy ones would never get a
 * call. A replica that is gone from the list takes no new calls and ends those it has.
 */
final class PeerResolver extends NameResolver {

  private static final System.Logger log = System.getLogger(PeerResolver.class.getName());

  private final PeerAddresses peers;
  private final PeerAddresses.Lookup lookup;
  private final Duration interval;
  private final SynchronizationContext context;
  private final Executor offload;
  private final ScheduledExecutorService clock;

  // All in the context.
  private @Nullable Listener2 listener;
  private List<InetSocketAddress> known = List.of();
  private boolean looking;
  private SynchronizationContext.@Nullable ScheduledHandle next;

  private PeerResolver(Peers peers, Args args) {
    this.peers = peers.addresses();
    this.lookup = peers.lookup();
    this.interval = peers.interval();
    this.context = args.getSynchronizationContext();
    Executor given = args.getOffloadExecutor();
    this.offload = given == null ? Runnable::run : given;
    this.clock = args.getScheduledExecutorService();
  }

  /**
   * Makes the peers known to gRPC.
   *
   * @return the target of a channel to them
   */
  static String register(PeerAddresses addresses, PeerAddresses.Lookup lookup, Duration interval) {
    return Provider.INSTANCE.add(new Peers(addresses, lookup, interval));
  }

  /** Forgets what {@link #register} was told; the channel must be closed. */
  static void unregister(String target) {
    Provider.INSTANCE.remove(target);
  }

  @Override
  public String getServiceAuthority() {
    return peers.authority();
  }

  @Override
  public void start(Listener2 heard) {
    listener = heard;
    look();
  }

  /** Asked for when a connection is lost. */
  @Override
  public void refresh() {
    look();
  }

  @Override
  public void shutdown() {
    listener = null;
    if (next != null) {
      next.cancel();
    }
  }

  private void look() {
    if (looking || listener == null) {
      return;
    }
    looking = true;
    if (next != null) {
      next.cancel();
    }
    offload.execute(
        () -> {
          try {
            List<InetSocketAddress> found = peers.lookUp(lookup);
            context.execute(() -> found(found));
          } catch (UnknownHostException | RuntimeException e) { // in any case, look again
            context.execute(() -> failed(e));
          }
        });
  }

  private void found(List<InetSocketAddress> addresses) {
    if (listener != null && !addresses.equals(known)) {
      log.log(System.Logger.Level.DEBUG, "{0} is now at {1}", peers.authority(), addresses);
      known = addresses;
      List<EquivalentAddressGroup> groups =
          addresses.stream().map(EquivalentAddressGroup::new).toList();
      listener.onResult(
          ResolutionResult.newBuilder().setAddressesOrError(StatusOr.fromValue(groups)).build());
    }
    lookAgain();
  }

  /** A resolver that is away for a moment takes nobody's addresses away. */
  private void failed(Exception cause) {
    if (listener != null && known.isEmpty()) {
      listener.onError(
          Status.UNAVAILABLE
              .withDescription("no address of " + peers.authority() + " is known")
              .withCause(cause));
    }
    lookAgain();
  }

  private void lookAgain() {
    looking = false;
    if (listener != null) {
      next = context.schedule(this::look, interval.toNanos(), TimeUnit.NANOSECONDS, clock);
    }
  }

  private record Peers(PeerAddresses addresses, PeerAddresses.Lookup lookup, Duration interval) {}

  /** gRPC finds resolvers by the scheme of a target, so what they need is kept here by number. */
  private static final class Provider extends NameResolverProvider {

    private static final String SCHEME = "winnow";
    private static final Provider INSTANCE = new Provider();

    private final Map<String, Peers> peers = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();

    static {
      NameResolverRegistry.getDefaultRegistry().register(INSTANCE);
    }

    String add(Peers added) {
      String target = SCHEME + ":///" + numbers.incrementAndGet();
      peers.put(target, added);
      return target;
    }

    void remove(String target) {
      peers.remove(target);
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, Args args) {
      Peers found = peers.get(target.toString());
      return found == null ? null : new PeerResolver(found, args);
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return SCHEME;
    }
  }
}
