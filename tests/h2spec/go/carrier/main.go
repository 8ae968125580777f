// Carries bytes from clients that speak TLS with anybody's certificate to a sidecar that speaks TLS with members of its
// mesh alone: terminates the one, opens the other with a member's certificate, and looks at nothing in between. What one
// side ends, or breaks off, the other side sees end.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"io"
	"log"
	"math/big"
	"net"
	"time"
)

func ownCertificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	leaf := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	bytes, err := x509.CreateCertificate(rand.Reader, &leaf, &leaf, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{bytes}, PrivateKey: key}
}

func carry(from, to *tls.Conn, done chan<- struct{}) {
	io.Copy(to, from)
	to.CloseWrite()
	done <- struct{}{}
}

func serve(client *tls.Conn, target string, member *tls.Config) {
	defer client.Close()
	sidecar, err := tls.Dial("tcp", target, member)
	if err != nil {
		log.Print(err)
		return
	}
	defer sidecar.Close()
	done := make(chan struct{}, 2)
	go carry(client, sidecar, done)
	go carry(sidecar, client, done)
	<-done
	late := time.Now().Add(2 * time.Second)
	client.SetDeadline(late)
	sidecar.SetDeadline(late)
	<-done
}

func main() {
	listen := flag.String("listen", "", "address and port")
	target := flag.String("target", "", "the sidecar's")
	certificate := flag.String("certificate", "", "of a member of the mesh")
	key := flag.String("key", "", "of that certificate")
	flag.Parse()
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	// The sidecar's certificate names a workload, not a host; who it is is not what is tested.
	member := &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true,
		NextProtos: []string{"weft/h2", "kuma"}}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	front := &tls.Config{Certificates: []tls.Certificate{ownCertificate()}, NextProtos: []string{"h2"}}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(tls.Server(client, front), *target, member)
	}
}
