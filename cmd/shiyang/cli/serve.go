package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/control"
	"shiyang/cmd/shiyang/demo"
	commonv1 "shiyang/proto/common/v1"
)

// adminLogin is the sign-in name of the first administrator.
const adminLogin = "admin"

// runAll is the command without a name: everything in this process.
func (p *program) runAll(ctx context.Context) error {
	log := p.logger()
	now := p.config.Now()
	b, err := bureau.Start(ctx, bureau.Options{Config: p.config, Parts: bureau.All, Log: log, Now: now})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Shiyang 石羊: %s  (API %s/api, metrics and health %s)\n", b.URL(), b.URL(), b.AdminURL())
	if b.Meters() != "" {
		fmt.Fprintf(p.out, "meters 数采仪 HJ 212: %s\n", b.Meters())
	}
	if p.config.Clock != "" {
		fmt.Fprintf(p.out, "training clock 演练时钟: %s\n", now().Format(time.RFC3339))
	}
	if p.config.Demo {
		err = p.makeDemo(ctx, b, now)
	}
	if err == nil || ctx.Err() != nil { // stopped by the operator is no failure
		err = b.Wait(ctx)
	}
	return errors.Join(err, closeBureau(ctx, b, log))
}

// closeBureau lets what runs end, for a while.
func closeBureau(ctx context.Context, b *bureau.Bureau, log *slog.Logger) error {
	log.LogAttrs(ctx, slog.LevelInfo, "stopping")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return b.Close(ctx)
}

// makeDemo makes the demo bureau in a data folder that holds none yet, and
// prints its sign-ins, which are shown nowhere else.
func (p *program) makeDemo(ctx context.Context, b *bureau.Bureau, now func() time.Time) error {
	password, err := b.Bootstrap(ctx, adminLogin, &commonv1.Person{Name: "示例系统管理员", Phone: "13900000000"})
	if errors.Is(err, bureau.ErrBootstrapped) {
		return nil
	}
	if err != nil {
		return err
	}
	signs, err := demo.Make(ctx, b.URL(), demo.Admin{Login: adminLogin, Password: password}, now)
	if err != nil {
		return fmt.Errorf("demo bureau (incomplete; remove the data folder to make it anew): %w", err)
	}
	if err := b.Settle(ctx); err != nil {
		return fmt.Errorf("demo bureau: %w", err)
	}
	printSigns(p.out, signs)
	return nil
}

func printSigns(out io.Writer, signs []demo.SignIn) {
	fmt.Fprintln(out, "\nDemo bureau 示例局. These sign-ins are shown only once 以下登录信息只显示一次:")
	for _, s := range signs {
		fmt.Fprintf(out, "  %-10s %-24s %s  %s\n", s.Login, s.Password, s.RoleZh, s.RoleEn)
	}
	fmt.Fprintln(out)
}

func (p *program) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "serve [permits|audit|gateway|eventstore]",
		Short:     "Run one part alone, or everything without a demo",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{string(bureau.Permits), string(bureau.Audit), string(bureau.Gateway), "eventstore"},
		RunE: func(cmd *cobra.Command, args []string) error {
			p.config.Demo = false
			switch {
			case len(args) == 0:
				return p.runAll(cmd.Context())
			case args[0] == "eventstore":
				return p.serveStore(cmd.Context())
			}
			return p.servePart(cmd.Context(), bureau.Part(args[0]))
		},
	}
}

// servePart runs one part; the store must run elsewhere, because one process
// at a time can have the journal open.
func (p *program) servePart(ctx context.Context, part bureau.Part) error {
	if err := p.config.CheckPart(string(part)); err != nil {
		return err
	}
	log := p.logger()
	b, err := bureau.Start(ctx, bureau.Options{Config: p.config, Parts: []bureau.Part{part}, Log: log, Now: p.config.Now()})
	if err != nil {
		return err
	}
	address := b.Internal()
	if part == bureau.Gateway {
		address = b.URL()
	}
	fmt.Fprintf(p.out, "%s: %s  (metrics and health %s)\n", part, address, b.AdminURL())
	if part == bureau.Gateway {
		fmt.Fprintf(p.out, "identity: %s  (for the audit part)\n", b.Internal())
	}
	return errors.Join(b.Wait(ctx), closeBureau(ctx, b, log))
}

// serveStore runs the embedded event store for parts in other processes.
func (p *program) serveStore(ctx context.Context) error {
	relaxGC()
	log := p.logger()
	store, err := p.openStore(log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", p.config.Internal)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	admin, err := net.Listen("tcp", p.config.Admin)
	if err != nil {
		return errors.Join(err, listener.Close(), store.Close())
	}
	door, err := control.Serve(p.config.Data, bureau.StoreVault{Config: p.config, Store: store}, log)
	if err != nil {
		return errors.Join(err, admin.Close(), listener.Close(), store.Close())
	}
	server := &http.Server{Handler: storeAdmin(store, p.config.StoreProfiles), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 2)
	go func() { ended <- store.Serve(listener) }()
	go func() { ended <- server.Serve(admin) }()
	fmt.Fprintf(p.out, "eventstore: %s  (health http://%s)\n", p.storeAddress(listener.Addr()), admin.Addr())
	select {
	case <-ctx.Done():
		err = nil
	case err = <-ended:
	case <-store.Failed():
		err = store.Ready()
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return errors.Join(err, door.Close(), server.Shutdown(stop), store.Stop(stop))
}

func (p *program) initCommand() *cobra.Command {
	var login, name, phone string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make an empty bureau with its first administrator",
		Long:  "Makes the keys and the first administrator in an empty data folder and prints the\nadministrator's generated password once. No demo bureau is made.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.config.Listen, p.config.Admin, p.config.Demo = "127.0.0.1:0", "127.0.0.1:0", false
			log := p.logger()
			parts := bureau.All
			if p.config.EventStore != "" { // a cluster: the other parts make their own views
				parts = []bureau.Part{bureau.Gateway}
			}
			b, err := bureau.Start(cmd.Context(), bureau.Options{Config: p.config, Parts: parts, Log: log, Now: p.config.Now()})
			if err != nil {
				return err
			}
			password, err := b.Bootstrap(cmd.Context(), login, &commonv1.Person{Name: name, Phone: phone})
			if err == nil {
				err = b.Settle(cmd.Context())
			}
			if err = errors.Join(err, closeBureau(cmd.Context(), b, log)); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "The bureau is ready. Sign in as %s with the password %s and change it. It is shown only once.\n", login, password)
			return nil
		},
	}
	cmd.Flags().StringVar(&login, "login", adminLogin, "sign-in name of the first administrator")
	cmd.Flags().StringVar(&name, "name", "", "name of the first administrator")
	cmd.Flags().StringVar(&phone, "phone", "", "telephone of the first administrator")
	// The flag exists: it was made above.
	_ = cmd.MarkFlagRequired("name")
	return cmd
}
