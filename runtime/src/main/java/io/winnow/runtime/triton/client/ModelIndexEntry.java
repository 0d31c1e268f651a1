package io.winnow.runtime.triton.client;

/**
 * A model in the repository.
 *
 * @param name model name
 * @param version version; empty where none was loaded
 * @param state "READY", "UNAVAILABLE", "LOADING", "UNLOADING", or empty where it was never loaded
 * @param reason why it is not ready; empty where the server does not say
 */
public record ModelIndexEntry(String name, String version, String state, String reason) {

  /** Whether it takes requests. */
  public boolean ready() {
    return state.equals("READY");
  }
}
