package io.winnow.pruner.recipes;

import io.winnow.pruner.planning.PruneRecipe;
import io.winnow.pruner.planning.RecipeBook;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The recipes of a folder, one JSON file each. A file that turns bad is reported once, and its last
 * good version stays in force, as do the others; a file that goes takes its recipe along. Files are
 * compared by content, so a swapped symbolic link (as Kubernetes updates a ConfigMap) is seen like
 * any other change. Safe for concurrent use.
 */
public final class RecipeFolder {

  /** Files beyond these are left out. */
  static final int MAX_FILES = 256;

  private static final Logger log = System.getLogger(RecipeFolder.class.getName());

  private final Path folder;
  private Map<String, RecipeFile> files = Map.of(); // by file name
  private String complaint = "";
  private volatile RecipeBook book = RecipeBook.empty();
  private volatile int problems;

  public RecipeFolder(Path folder) {
    this.folder = folder;
  }

  /** The recipes in force. */
  public RecipeBook book() {
    return book;
  }

  /** Files that are bad now, and 1 more where the folder cannot be read or holds too many. */
  public int problems() {
    return problems;
  }

  /** Takes up what has changed since the last call. */
  public synchronized void refresh() {
    Map<String, RecipeFile> found = new TreeMap<>();
    try {
      for (Path path : paths()) {
        String name = String.valueOf(path.getFileName());
        RecipeFile known = files.get(name);
        found.put(name, known == null ? RecipeFile.first(path) : known.next(path));
      }
    } catch (IOException e) {
      complain("the recipe folder %s cannot be read (%s); nothing changes".formatted(folder, e));
      problems = badFiles() + 1;
      return;
    }
    if (!found.equals(files)) {
      files = found;
      publish();
    }
    problems = badFiles() + (found.size() < MAX_FILES || complaint.isEmpty() ? 0 : 1);
  }

  private int badFiles() {
    return (int) files.values().stream().filter(RecipeFile::bad).count();
  }

  private void publish() {
    List<PruneRecipe> good =
        files.values().stream().flatMap(file -> file.recipe().stream()).toList();
    book = new RecipeBook(good);
    log.log(Level.INFO, "{0} recipes of {1} are in force", good.size(), folder);
  }

  /** The files to read; a folder that does not exist yet is an empty one. */
  private List<Path> paths() throws IOException {
    if (!Files.isDirectory(folder)) {
      complain("there is no recipe folder %s (yet)".formatted(folder));
      return List.of();
    }
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, RecipeFolder::isRecipe)) {
      all.forEach(paths::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    paths.sort(null);
    if (paths.size() > MAX_FILES) {
      complain(
          "%s holds %d recipes; the first %d by name are used"
              .formatted(folder, paths.size(), MAX_FILES));
      return paths.subList(0, MAX_FILES);
    }
    complaint = "";
    return paths;
  }

  private static boolean isRecipe(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.endsWith(RecipeProblems.SUFFIX) && !name.startsWith(".");
  }

  /** Says what is wrong with the folder, once as long as it stays the same. */
  private void complain(String what) {
    if (!what.equals(complaint)) {
      complaint = what;
      log.log(Level.WARNING, what);
    }
  }
}
