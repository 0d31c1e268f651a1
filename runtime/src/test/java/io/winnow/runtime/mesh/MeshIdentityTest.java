package io.winnow.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeshIdentityTest {

  private static final String DECODER = "spiffe://winnow/ns/default/sa/decoder-svc";
  private static final String ENCODER = "spiffe://winnow/ns/default/sa/vision-encoder-svc";

  private final TestAuthority authority = new TestAuthority("mesh");

  @TempDir Path folder;

  @Test
  void isTheUriOfACertificate() throws Exception {
    X509Certificate certificate = certificate("https://example.org", DECODER);
    assertThat(MeshIdentity.of(certificate)).containsExactly(DECODER);
    assertThat(MeshIdentity.isOneOf(Set.of(ENCODER, DECODER), certificate)).isTrue();
    assertThat(MeshIdentity.isOneOf(Set.of(ENCODER), certificate)).isFalse();
  }

  @Test
  void isNothingWithoutAUri() throws Exception {
    assertThat(MeshIdentity.isOneOf(Set.of(DECODER), certificate())).isFalse();
  }

  @Test
  void isNothingWhereThereAreTwo() throws Exception {
    X509Certificate certificate = certificate(DECODER, ENCODER);
    assertThat(MeshIdentity.isOneOf(Set.of(DECODER, ENCODER), certificate)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "decoder-svc",
        "https://winnow/a",
        "spiffe://winnow",
        "spiffe:///a",
        "spiffe://a b/c"
      })
  void refusesWhatIsNoIdentity(String text) {
    assertThatThrownBy(() -> MeshIdentity.parse("winnow.mesh.tls.callers", text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("winnow.mesh.tls.callers")
        .hasMessageContaining("spiffe://winnow/ns/default/sa/decoder-svc");
  }

  private X509Certificate certificate(String... identities)
      throws IOException, CertificateException {
    TlsFiles files = authority.issue(folder, identities);
    try (InputStream pem = Files.newInputStream(files.certificate())) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
    }
  }
}
