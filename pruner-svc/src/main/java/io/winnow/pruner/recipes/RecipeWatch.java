package io.winnow.pruner.recipes;

import io.winnow.pruner.planning.RecipeBook;
import io.winnow.runtime.process.DaemonThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The recipes in force: a folder's, looked at again and again until this is closed. */
public final class RecipeWatch implements AutoCloseable {

  private static final Logger log = System.getLogger(RecipeWatch.class.getName());

  private final Optional<RecipeFolder> folder;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("recipe-watch"));

  private RecipeWatch(Optional<RecipeFolder> folder) {
    this.folder = folder;
  }

  /** Reads the folder once, then at every interval. Without a folder there are no recipes. */
  public static RecipeWatch start(Optional<Path> path, Duration interval) {
    RecipeWatch watch = new RecipeWatch(path.map(RecipeFolder::new));
    watch.folder.ifPresent(
        folder -> {
          folder.refresh();
          var unused =
              watch.thread.scheduleWithFixedDelay(
                  () -> refresh(folder),
                  interval.toNanos(),
                  interval.toNanos(),
                  TimeUnit.NANOSECONDS);
        });
    return watch;
  }

  /** The recipes in force now. */
  public RecipeBook book() {
    return folder.map(RecipeFolder::book).orElse(RecipeBook.empty());
  }

  /** See {@link RecipeFolder#problems}. */
  public int problems() {
    return folder.map(RecipeFolder::problems).orElse(0);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** A defect is logged and must not end the watch. */
  private static void refresh(RecipeFolder folder) {
    try {
      folder.refresh();
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "recipes could not be refreshed", e);
    }
  }
}
