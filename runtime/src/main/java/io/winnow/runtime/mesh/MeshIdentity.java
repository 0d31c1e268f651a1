package io.winnow.runtime.mesh;

import java.net.URI;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/**
 * Who a peer is, by its certificate: a URI in the subject alternative names, as SPIFFE has it
 * (X.509-SVID, section 2), for example {@code spiffe://winnow/ns/default/sa/decoder-svc}. Host
 * names say nothing here: pods come and go.
 */
public final class MeshIdentity {

  private static final String SCHEME = "spiffe";

  /** GeneralName ::= ... uniformResourceIdentifier [6] (RFC 5280, section 4.2.1.6). */
  private static final int URI_NAME = 6;

  private MeshIdentity() {}

  /**
   * The SPIFFE identities of a certificate.
   *
   * @return the one that a valid certificate has; empty if it has none; several are not valid
   */
  static List<String> of(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream().filter(MeshIdentity::isUri).map(n -> (String) n.get(1)).toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  private static boolean isUri(List<?> name) {
    return Integer.valueOf(URI_NAME).equals(name.get(0))
        && name.get(1) instanceof String uri
        && uri.startsWith(SCHEME + "://");
  }

  /**
   * Whether the certificate's one identity is among the allowed ones. A certificate with several is
   * refused, as SPIFFE demands.
   */
  static boolean isOneOf(Collection<String> allowed, X509Certificate certificate) {
    List<String> identities = of(certificate);
    return identities.size() == 1 && allowed.contains(identities.get(0));
  }

  /**
   * Checks a setting.
   *
   * @return the identity as it was given
   * @throws IllegalArgumentException if it is no SPIFFE identity; the message names the setting
   */
  public static String parse(String setting, String identity) {
    URI uri;
    try {
      uri = URI.create(identity);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(complaint(setting, identity), e);
    }
    boolean named = uri.getHost() != null && uri.getPath() != null && uri.getPath().length() > 1;
    if (!SCHEME.equals(uri.getScheme()) || !named) {
      throw new IllegalArgumentException(complaint(setting, identity));
    }
    return identity;
  }

  private static String complaint(String setting, String identity) {
    return "%s is '%s', must be a SPIFFE identity such as spiffe://winnow/ns/default/sa/decoder-svc"
        .formatted(setting, identity);
  }
}
