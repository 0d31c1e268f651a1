package io.winnow.runtime.process;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Turns SIGTERM and SIGINT into an orderly stop that happens while the JVM is still up.
 *
 * <p>ONNX Runtime frees its environment in a JVM shutdown hook, which crashes a run that is still
 * in native code. A service therefore must not let a signal begin the JVM's own shutdown: it
 * installs this before anything else and hands in its framework's exit call, whose stop phase
 * drains and closes the runtimes.
 */
public final class StopRequests {

  /**
   * Argument of a service that its parent stops: it also stops when its standard input ends, as it
   * does when the parent dies, and leaves SIGINT to the parent. A terminal sends that to the whole
   * process group at once, while services have to stop one after the other.
   */
  public static final String STOP_WITH_PARENT = "--stop-with-parent";

  private static final Logger log = System.getLogger(StopRequests.class.getName());
  private static final Duration REPEAT = Duration.ofSeconds(1);
  private static final int ORPHAN_REPEATS = 60;

  private final CountDownLatch requested = new CountDownLatch(1);
  private final Runnable stop;
  private volatile boolean orphaned;

  private StopRequests(Runnable stop) {
    this.stop = stop;
  }

  /**
   * Installs the handlers. To be called once, first thing in {@code main}.
   *
   * @param stop begins the stop and returns at once; called repeatedly until the process is gone,
   *     since a framework that has not started yet may forget an early call
   * @param args the process' arguments; {@link #STOP_WITH_PARENT} is the only one looked at
   */
  public static void install(Runnable stop, String... args) {
    StopRequests requests = new StopRequests(stop);
    boolean hasParent = List.of(args).contains(STOP_WITH_PARENT);
    Runnable request = requests.requested::countDown;
    catchSignal("TERM", request);
    catchSignal("INT", hasParent ? () -> {} : request);
    DaemonThreads.named("stop-requests").newThread(requests::serve).start();
    if (hasParent) {
      DaemonThreads.named("parent-watch").newThread(requests::awaitEndOfInput).start();
    }
  }

  /** By reflection, since javac warns of sun.misc.Signal in a way that cannot be suppressed. */
  private static void catchSignal(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object listener =
          Proxy.newProxyInstance(
              StopRequests.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, args) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JVM cannot catch SIG" + name, e);
    }
  }

  private void awaitEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Whatever the parent writes means that it lives.
      }
    } catch (IOException e) {
      log.log(Level.DEBUG, "reading the parent's pipe failed, which says the same as its end", e);
    }
    orphaned = true;
    requested.countDown();
  }

  private void serve() {
    try {
      requested.await();
      for (int repeats = 0; !orphaned || repeats < ORPHAN_REPEATS; repeats++) {
        stop.run();
        Thread.sleep(REPEAT.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Nobody is left to kill an orphan that does not end by itself.
    Runtime.getRuntime().halt(1);
  }
}
